package dev.fern.detection.data;

import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Plans epochs. Every image comes once an epoch, in an order and with an augmentation that depend
 * on the seed and the epoch; images wait for others of equal canvas, and a batch goes out when it
 * is full. What is left at the end goes out in smaller batches.
 */
public final class BatchSampler {

    /** Tells the streams of the order from those of augmentation. */
    private static final long STREAM = 2;

    /** Says what happens to an image in an epoch. */
    @FunctionalInterface
    public interface Draw {
        /** Returns the same augmentation for the same arguments. */
        Augmentation augmentation(Sample sample, int epoch);
    }

    private final List<Sample> samples;
    private final int batchSize;
    private final Draw draw;
    private final long seed;

    /**
     * A sampler for training.
     *
     * @param batchSize number of images of a full batch, at least 1
     */
    public BatchSampler(
            DetectionDataset dataset,
            int batchSize,
            CanvasRule rule,
            AugmentationParameters augmentation,
            long seed) {
        this(
                dataset.samples(),
                batchSize,
                (sample, epoch) ->
                        Augmentation.draw(
                                augmentation, rule, sample.size(), seed, epoch, sample.imageId()),
                seed);
    }

    /**
     * A sampler for training with augmentation of another kind.
     *
     * @param seed of the order
     */
    public BatchSampler(List<Sample> samples, int batchSize, Draw draw, long seed) {
        this.samples = samples;
        this.batchSize = checked(batchSize);
        this.draw = draw;
        this.seed = seed;
    }

    /** The plan of an epoch; the same epoch gives the same plan. */
    public BatchPlan epoch(int epoch) {
        List<Sample> order = new ArrayList<>(samples);
        SplittableRandom random = RandomStream.of(seed, STREAM, epoch);
        for (int i = order.size() - 1; i > 0; i--) {
            order.set(i, order.set(random.nextInt(i + 1), order.get(i)));
        }
        List<PlannedImage> images = new ArrayList<>(order.size());
        for (Sample sample : order) {
            images.add(new PlannedImage(sample, draw.augmentation(sample, epoch)));
        }
        return batched(images, batchSize);
    }

    /** Every image once as it is, in the data set's order as far as canvases allow. */
    public static BatchPlan sequential(DetectionDataset dataset, int batchSize, CanvasRule rule) {
        return sequential(dataset.samples(), batchSize, size -> Augmentation.none(rule, size));
    }

    /**
     * Every image once, in the given order as far as canvases allow.
     *
     * @param view what happens to an image of a size
     */
    public static BatchPlan sequential(
            List<Sample> samples, int batchSize, Function<ImageSize, Augmentation> view) {
        List<PlannedImage> images = new ArrayList<>();
        for (Sample sample : samples) {
            images.add(new PlannedImage(sample, view.apply(sample.size())));
        }
        return batched(images, checked(batchSize));
    }

    private static BatchPlan batched(List<PlannedImage> images, int batchSize) {
        List<PlannedBatch> batches = new ArrayList<>();
        Map<ImageSize, List<PlannedImage>> waiting = new LinkedHashMap<>();
        for (PlannedImage image : images) {
            List<PlannedImage> bucket =
                    waiting.computeIfAbsent(image.canvasSize(), size -> new ArrayList<>());
            bucket.add(image);
            if (bucket.size() == batchSize) {
                batches.add(new PlannedBatch(bucket));
                waiting.remove(image.canvasSize());
            }
        }
        // In the order of the images that have waited longest.
        waiting.values().forEach(bucket -> batches.add(new PlannedBatch(bucket)));
        return new BatchPlan(batches);
    }

    private static int checked(int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size " + batchSize);
        }
        return batchSize;
    }
}
