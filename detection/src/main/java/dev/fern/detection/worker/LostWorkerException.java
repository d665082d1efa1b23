package dev.fern.detection.worker;

import java.io.IOException;

/** Another worker of the training did not join, has ended or can't be understood. */
public final class LostWorkerException extends IOException {

    private static final long serialVersionUID = 1;

    LostWorkerException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * {@return this with more to say}
     *
     * @param more what goes on the same line, after a semicolon
     */
    public LostWorkerException with(String more) {
        return new LostWorkerException(getMessage() + "; " + more, this);
    }
}
