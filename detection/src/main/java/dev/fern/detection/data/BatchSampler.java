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
 * Plans epochs. Every image comes once per epoch, in an order and with an augmentation that depend
 * on the seed and the epoch. Images wait for others of equal canvas, and a batch is complete when
 * it is full; the images that are left at the end make smaller batches.
 */
public final class BatchSampler {

    /** Keeps the random numbers of the order apart from those of augmentation. */
    private static final long STREAM = 2;

    /** Decides what happens to an image in an epoch. */
    @FunctionalInterface
    public interface Draw {
        /**
         * Returns what happens to an image, the same for the same arguments.
         *
         * @param sample the image
         * @param epoch counted from 0
         * @return its augmentation
         */
        Augmentation augmentation(Sample sample, int epoch);
    }

    private final List<Sample> samples;
    private final int batchSize;
    private final Draw draw;
    private final long seed;

    /**
     * Makes a sampler for training a detector.
     *
     * @param dataset the images
     * @param batchSize number of images of a full batch, at least 1
     * @param rule chooses canvases
     * @param augmentation what may happen to an image
     * @param seed of the order and the augmentation
     * @throws IllegalArgumentException if the batch size is below 1
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
     * Makes a sampler for training with augmentation of another kind.
     *
     * @param samples the images
     * @param batchSize number of images of a full batch, at least 1
     * @param draw decides what happens to an image
     * @param seed of the order
     * @throws IllegalArgumentException if the batch size is below 1
     */
    public BatchSampler(List<Sample> samples, int batchSize, Draw draw, long seed) {
        this.samples = samples;
        this.batchSize = checked(batchSize);
        this.draw = draw;
        this.seed = seed;
    }

    /**
     * Returns the plan of an epoch, the same for the same epoch.
     *
     * @param epoch counted from 0
     * @return every image once
     */
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

    /**
     * Returns a plan with every image once as it is, in the data set's order as far as canvases
     * allow.
     *
     * @param dataset the images
     * @param batchSize number of images of a full batch, at least 1
     * @param rule chooses canvases
     * @return the plan
     * @throws IllegalArgumentException if the batch size is below 1
     */
    public static BatchPlan sequential(DetectionDataset dataset, int batchSize, CanvasRule rule) {
        return sequential(dataset.samples(), batchSize, size -> Augmentation.none(rule, size));
    }

    /**
     * Returns a plan with every image once, in the given order as far as canvases allow.
     *
     * @param samples the images
     * @param batchSize number of images of a full batch, at least 1
     * @param view what happens to an image of a size
     * @return the plan
     * @throws IllegalArgumentException if the batch size is below 1
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
        // Batches whose first image has waited longest come first.
        waiting.values().forEach(bucket -> batches.add(new PlannedBatch(bucket)));
        return new BatchPlan(batches);
    }

    private static int checked(int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size must be at least 1, not " + batchSize);
        }
        return batchSize;
    }
}
