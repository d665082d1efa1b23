package dev.fern.detection.data;

import java.io.IOException;

/** An image of a data set that can't be used. The message is one line with its id and its file. */
public final class BadImageException extends IOException {

    private static final long serialVersionUID = 1L;

    private final long imageId;

    BadImageException(long imageId, IOException cause) {
        super(cause.getMessage() + " (image id " + imageId + ")", cause);
        this.imageId = imageId;
    }

    /** The image's id in the data set. */
    public long imageId() {
        return imageId;
    }
}
