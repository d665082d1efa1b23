package dev.fern.detection.data;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Delivers the batches of one epoch in their order. For one consumer thread.
 *
 * @param <B> a batch
 */
public interface BatchSource<B> extends AutoCloseable {

    /**
     * The next batch, or nothing at the end.
     *
     * @throws IOException if a file can't be used and is not to be skipped
     */
    Optional<B> next() throws IOException, InterruptedException;

    /** Index in the epoch of the batch that {@link #next} turns to: where to go on from later. */
    int position();

    /** What was left out so far, in the epoch's order; each message names its file. */
    List<? extends IOException> skipped();

    /** Ends the reading ahead. */
    @Override
    void close();
}
