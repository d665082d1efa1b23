package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;

/**
 * An image file that can't be used: missing, empty, truncated, too large, not an image, or named so
 * that it lies outside its folder. The message is one line that names the file and what is wrong.
 */
public final class ImageReadException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * The file {@code path} can't be used because of {@code problem}, a phrase without the name.
     */
    public ImageReadException(Path path, String problem) {
        this(path, problem, null);
    }

    /** As the other constructor, with what caused it. */
    public ImageReadException(Path path, String problem, Throwable cause) {
        super(path + ": " + problem, cause);
    }

    /** Stands for several: {@code first} and {@code others} more of the same data set. */
    public ImageReadException(ImageReadException first, int others) {
        super(first.getMessage() + " (and " + others + " more images can't be read)", first);
    }
}
