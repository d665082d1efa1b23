package dev.fern.tools.sweep;

import dev.fern.tools.console.Platform;

/**
 * How a cell ended.
 *
 * @param status whether there is a result
 * @param reason why it failed, in one line; empty if it did not
 * @param environment what it was trained with, at least after its last start
 */
public record CellOutcome(Status status, String reason, Environment environment) {

    /**
     * What a cell was trained with.
     *
     * @param fern version of Fern
     * @param engine name and version
     * @param java name and version of the virtual machine
     * @param system operating system and processor architecture
     * @param cores cores of the machine
     * @param threads how many cores the cell had for itself
     */
    public record Environment(
            String fern, String engine, String java, String system, int cores, int threads) {

        /** Returns this process's environment. */
        static Environment here(String engine, int threads) {
            Platform here = Platform.here(engine);
            return new Environment(
                    here.fern(),
                    here.engine(),
                    here.java(),
                    here.system(),
                    here.processors(),
                    threads);
        }

        /** Returns it in one line. */
        String text() {
            return String.join(
                    ", ",
                    fern,
                    engine,
                    java,
                    system,
                    cores
                            + " cores, "
                            + threads
                            + (threads == 1 ? " thread" : " threads")
                            + " per cell");
        }
    }

    /** Whether there is a result. */
    public enum Status {
        /** The training reached its end. */
        DONE,
        /** The training ended early. */
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
