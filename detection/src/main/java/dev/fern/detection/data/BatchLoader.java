package dev.fern.detection.data;

import dev.fern.detection.data.BatchPlan.PlannedBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Carries out a plan ahead of its consumer. It decodes batches on daemon threads and delivers them
 * in the plan's order, whatever order they finish in, so that any number of threads delivers the
 * same. For one consumer thread.
 *
 * @param <T> what is made of each batch on the loader's threads; it may hold the batch itself
 */
public final class BatchLoader<T> implements BatchSource<T> {

    private final List<PlannedBatch> plan;
    private final BatchDecoder decoder;
    private final Function<Batch, T> preparation;
    private final LoaderOptions options;
    private final ExecutorService threads;
    private final Deque<Future<Loaded<T>>> ahead = new ArrayDeque<>();
    private final List<BadImageException> skipped = new ArrayList<>();
    private int submitted;
    private int position;

    /** What was made of a batch, or null if none of its images can be used, and its bad images. */
    private record Loaded<T>(T prepared, List<BadImageException> badImages) {}

    /**
     * Starts to load.
     *
     * @param plan the batches of an epoch
     * @param firstBatch index in the plan of the first batch to deliver; earlier ones are not
     *     decoded
     * @param decoder reads the images
     * @param preparation makes of a batch what is delivered; runs on the loader's threads, several
     *     at a time
     * @param options how many threads and batches, and whether bad images are left out
     * @throws IllegalArgumentException if the plan has no such batch
     */
    public BatchLoader(
            BatchPlan plan,
            int firstBatch,
            BatchDecoder decoder,
            Function<Batch, T> preparation,
            LoaderOptions options) {
        if (firstBatch < 0 || firstBatch > plan.batches().size()) {
            throw new IllegalArgumentException(
                    "first batch " + firstBatch + " of " + plan.batches().size());
        }
        this.plan = plan.batches();
        this.decoder = decoder;
        this.preparation = preparation;
        this.options = options;
        this.submitted = firstBatch;
        this.position = firstBatch;
        this.threads =
                Executors.newFixedThreadPool(
                        options.threads(),
                        task -> {
                            Thread thread = new Thread(task, "fern-loader");
                            thread.setDaemon(true);
                            return thread;
                        });
        submitAhead();
    }

    /**
     * Returns the next batch, or nothing at the end of the plan.
     *
     * @throws BadImageException if an image can't be used and is not to be skipped; of several it
     *     names the first in the plan's order
     */
    @Override
    public Optional<T> next() throws IOException, InterruptedException {
        while (!ahead.isEmpty()) {
            Loaded<T> loaded = await(ahead.peekFirst());
            ahead.removeFirst();
            position++;
            submitAhead();
            if (!options.skipBadImages() && !loaded.badImages.isEmpty()) {
                throw loaded.badImages.get(0);
            }
            skipped.addAll(loaded.badImages);
            if (loaded.prepared != null) {
                return Optional.of(loaded.prepared);
            }
        }
        return Optional.empty();
    }

    /**
     * {@return the index in the plan of the batch that {@link #next} turns to, where a later loader
     * goes on}
     */
    @Override
    public int position() {
        return position;
    }

    /** {@return the images that were left out so far, in the plan's order} */
    @Override
    public List<BadImageException> skipped() {
        return List.copyOf(skipped);
    }

    private void submitAhead() {
        while (submitted < plan.size() && ahead.size() < options.batchesAhead()) {
            PlannedBatch batch = plan.get(submitted++);
            ahead.addLast(threads.submit(() -> load(batch)));
        }
    }

    private Loaded<T> load(PlannedBatch planned) throws IOException {
        List<BadImageException> badImages = new ArrayList<>();
        Batch batch = decoder.decode(planned, badImages::add);
        boolean usable =
                !batch.items().isEmpty() && (options.skipBadImages() || badImages.isEmpty());
        if (!usable) {
            batch.close();
            return new Loaded<>(null, badImages);
        }
        return new Loaded<>(preparation.apply(batch), badImages);
    }

    private static <T> T await(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Stops the threads and returns when they have finished the images that they are decoding. */
    @Override
    public void close() {
        ahead.clear();
        threads.shutdownNow();
        boolean interrupted = false;
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
