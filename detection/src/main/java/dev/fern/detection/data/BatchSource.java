package dev.fern.detection.data;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Delivers the batches of one epoch in their order. For one consumer thread.
 *
 * @param <B> the type of a batch
 */
public interface BatchSource<B> extends AutoCloseable {

    /**
     * Returns the next batch.
     *
     * @return the batch, or nothing at the end of the epoch
     * @throws IOException if a file can't be used and is not to be skipped
     * @throws InterruptedException if the thread is interrupted while it waits for the batch
     */
    Optional<B> next() throws IOException, InterruptedException;

    /**
     * {@return the index in the epoch of the batch that {@link #next} turns to, where a later
     * source goes on}
     */
    int position();

    /** {@return what was left out so far, in the epoch's order; each message names its file} */
    List<? extends IOException> skipped();

    /** Stops reading ahead. */
    @Override
    void close();
}
