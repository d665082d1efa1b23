package dev.fern.tools.sweep.result;

import dev.fern.tools.console.Platform;

/**
 * How a cell ended.
 *
 * @param status whether there is a result
 * @param reason why it failed or how it diverged, in one line; empty if it is done
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
     * @param processor name of the processor; empty where the system does not tell
     * @param cores cores of the machine
     * @param threads how many cores the cell had for itself
     */
    public record Environment(
            String fern,
            String engine,
            String java,
            String system,
            String processor,
            int cores,
            int threads) {

        /**
         * {@return this process's environment}
         *
         * @param engine DJL's name of the engine, which is started
         * @param processor name of the processor
         * @param threads how many cores a cell has for itself
         */
        public static Environment here(String engine, String processor, int threads) {
            Platform here = Platform.here(engine);
            return new Environment(
                    here.fern(),
                    here.engine(),
                    here.java(),
                    here.system(),
                    processor,
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
                    system + (processor.isEmpty() ? "" : ", " + processor),
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
        /** The training ended early, because its loss rose or was no number: a result too. */
        DIVERGED,
        /** The training could not go on. */
        FAILED
    }

    /**
     * {@return the outcome of a training that reached its end}
     *
     * @param environment what it was trained with
     */
    public static CellOutcome done(Environment environment) {
        return new CellOutcome(Status.DONE, "", environment);
    }

    /** {@return whether the training reached its end} */
    public boolean isDone() {
        return status == Status.DONE;
    }
}
