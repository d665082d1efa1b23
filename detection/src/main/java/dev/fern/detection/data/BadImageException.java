package dev.fern.detection.data;

import java.io.IOException;

/**
 * Thrown when an image of a data set can't be used. The message is one line with the image's file
 * and its id.
 */
public final class BadImageException extends IOException {

    private static final long serialVersionUID = 1L;

    /** The image's id in the data set. */
    private final long imageId;

    BadImageException(long imageId, IOException cause) {
        super(cause.getMessage() + (isNumber(imageId) ? " (image id " + imageId + ")" : ""), cause);
        this.imageId = imageId;
    }

    /** Whether an id is none of the negative numbers that stand for strings. */
    private static boolean isNumber(long id) {
        return id > Long.MIN_VALUE / 2;
    }

    /** {@return the image's id in the data set} */
    public long imageId() {
        return imageId;
    }
}
