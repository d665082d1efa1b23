package dev.fern.tools.sweep;

/**
 * How a cell ended.
 *
 * @param reason of a failure, one line; else empty
 * @param environment what it was trained with, at least its last part
 */
public record CellOutcome(Status status, String reason, Environment environment) {

    /** Whether there is a result. */
    public enum Status {
        DONE,
        FAILED
    }

    static CellOutcome done(Environment environment) {
        return new CellOutcome(Status.DONE, "", environment);
    }

    static CellOutcome failed(String reason, Environment environment) {
        return new CellOutcome(Status.FAILED, reason, environment);
    }

    boolean isDone() {
        return status == Status.DONE;
    }
}
