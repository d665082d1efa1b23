package dev.fern.detection.train;

/** A training can't go on: its loss or gradient is not finite. */
public final class TrainingException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Takes one line that says what happened, where, and what is left. */
    public TrainingException(String message) {
        super(message);
    }
}
