package dev.fern.tools.sweep;

import java.io.IOException;
import java.util.Optional;

/** Is told how the cells of a sweep end, on any thread. */
@FunctionalInterface
interface CellListener {

    /**
     * A cell's process has ended.
     *
     * @param outcome empty if it was told to stop
     * @param history of the training so far
     * @param seconds for how long the process ran
     */
    void ended(Cell cell, Optional<CellOutcome> outcome, CellHistory history, double seconds)
            throws IOException;
}
