package dev.fern.detection.train;

/**
 * Thrown when a training can't go on: its loss or gradient is not finite, or its files can't be
 * written.
 */
public final class TrainingException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message one line that says what happened, at which step, and which checkpoint is left
     * @param cause null if there is none
     */
    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
