package dev.fern.detection.video;

import java.io.IOException;

/** A video that can't be used or is broken. The message is one line that names it. */
public final class VideoException extends IOException {

    private static final long serialVersionUID = 1L;

    VideoException(String name, String problem) {
        super(name + ": " + problem);
    }

    VideoException(String name, String problem, Throwable cause) {
        super(name + ": " + problem, cause);
    }
}
