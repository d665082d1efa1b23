package dev.fern.detection.data;

import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.worker.Shard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Delivers one worker's shard of every batch of a plan. Batches are counted as in the plan, and
 * each of them is delivered: where the worker has no image of it, or none that can be used, as
 * nothing to compute.
 *
 * @param <T> what is made of each batch
 */
public final class ShardedBatches<T> implements BatchSource<T> {

    private final int count;
    private final T nothing;
    private final BatchSource<T> own;

    /** The index in the whole plan of each batch of the worker's own. */
    private final List<Integer> indices = new ArrayList<>();

    /** The worker's next batch, once it is loaded. */
    private Optional<T> ahead = Optional.empty();

    private int position;

    /**
     * Loads the batches of a plan.
     *
     * @param <T> what is made of each batch
     */
    @FunctionalInterface
    public interface Loading<T> {
        /**
         * Starts to load.
         *
         * @param plan the batches
         * @param firstBatch index in the plan of the first batch to deliver
         * @return the batches
         */
        BatchSource<T> load(BatchPlan plan, int firstBatch);
    }

    /**
     * Starts to load.
     *
     * @param plan the batches of an epoch, for all workers
     * @param firstBatch index in the plan of the first batch to deliver
     * @param shard the worker's part of each batch
     * @param nothing what is delivered where the worker has nothing to compute
     * @param loading loads the worker's own images
     * @throws IllegalArgumentException if the plan has no such batch
     */
    public ShardedBatches(
            BatchPlan plan, int firstBatch, Shard shard, T nothing, Loading<T> loading) {
        this.count = plan.batches().size();
        this.nothing = nothing;
        this.position = firstBatch;
        List<PlannedBatch> batches = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < count; i++) {
            List<PlannedImage> images = plan.batches().get(i).images();
            List<PlannedImage> part =
                    images.subList(shard.first(images.size()), shard.end(images.size()));
            if (!part.isEmpty()) {
                batches.add(new PlannedBatch(part));
                indices.add(i);
                first += i < firstBatch ? 1 : 0;
            }
        }
        own = loading.load(new BatchPlan(batches), first);
    }

    @Override
    public Optional<T> next() throws IOException, InterruptedException {
        if (position == count) {
            return Optional.empty();
        }
        if (ahead.isEmpty()) {
            ahead = own.next();
        }
        boolean isNext = ahead.isPresent() && indices.get(own.position() - 1) == position;
        T delivered = isNext ? ahead.get() : nothing;
        if (isNext) {
            ahead = Optional.empty();
        }
        position++;
        return Optional.of(delivered);
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public List<? extends IOException> skipped() {
        return own.skipped();
    }

    @Override
    public void close() {
        own.close();
    }
}
