package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;

/**
 * An image that can't be used: missing, empty, truncated, too large, not an image, or named so that
 * it lies outside its folder. The message is one line that names the image and what is wrong.
 */
public final class ImageReadException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception about a file.
     *
     * @param path the file
     * @param problem what is wrong, a phrase without the file's name
     */
    public ImageReadException(Path path, String problem) {
        this(path, problem, null);
    }

    /**
     * Makes an exception about a file with its cause.
     *
     * @param path the file
     * @param problem what is wrong, a phrase without the file's name
     * @param cause what led to it, or null
     */
    public ImageReadException(Path path, String problem, Throwable cause) {
        super(path + ": " + problem, cause);
    }

    /**
     * Makes an exception about an image wherever its bytes are.
     *
     * @param image where they are
     * @param problem what is wrong, a phrase without the image's name
     */
    public ImageReadException(ImageSource image, String problem) {
        super(image.name() + ": " + problem);
    }

    /**
     * Makes one exception that stands for several images of a data set.
     *
     * @param first the one that the message is about
     * @param others how many more there are, which the message counts
     */
    public ImageReadException(ImageReadException first, int others) {
        super(first.getMessage() + " (and " + others + " more images can't be read)", first);
    }

    private ImageReadException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Returns the same with the image's id behind it.
     *
     * @param imageId id of the image in its data set
     * @return an exception whose cause is this one
     */
    public ImageReadException ofImage(String imageId) {
        return new ImageReadException(getMessage() + " (image id " + imageId + ")", this);
    }
}
