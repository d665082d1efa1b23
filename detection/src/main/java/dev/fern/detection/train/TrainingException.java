package dev.fern.detection.train;

/** A training can't go on: its loss or gradient is not finite, or its files can't be written. */
public final class TrainingException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Says what happened.
     *
     * @param message one line that says what happened, where, and what is left
     * @param cause may be null
     */
    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
