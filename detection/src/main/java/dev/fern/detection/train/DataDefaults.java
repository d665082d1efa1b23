package dev.fern.detection.train;

import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.data.Augmentation;
import dev.fern.detection.data.Augmentation.Targets;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Puts numbers in the place of settings that the training data decide: {@code minPositives} is half
 * the positive anchors of a typical image, and {@code warmupSteps} a part of the training's length.
 */
public final class DataDefaults {

    /** The most images that are looked at. */
    private static final int LARGEST_SAMPLE = 200;

    private DataDefaults() {}

    /**
     * {@return the settings with numbers in the place of those that are automatic; equal settings
     * where none is} The same data give the same numbers.
     *
     * @param settings of a training
     * @param dataset its training images
     */
    public static TrainingConfiguration of(
            TrainingConfiguration settings, DetectionDataset dataset) {
        TrainingConfiguration known = settings;
        if (settings.loss().minPositives().isEmpty()) {
            known = known.with(known.loss().withMinPositives(minPositives(settings, dataset)));
        }
        if (settings.optimization().warmupSteps().isEmpty()) {
            known = known.with(known.optimization().withWarmup(steps(settings, dataset)));
        }
        return known;
    }

    /**
     * Returns a sampler of a training's batches.
     *
     * @param settings of the training
     * @param dataset its images
     */
    static BatchSampler sampler(TrainingConfiguration settings, DetectionDataset dataset) {
        return new BatchSampler(
                dataset,
                settings.loop().batchSize(),
                settings.images().canvasRule(),
                settings.augmentation(),
                settings.seed());
    }

    /**
     * Returns half the median number of positive anchors of the images that have any, as they are
     * without augmentation.
     */
    private static int minPositives(TrainingConfiguration settings, DetectionDataset dataset) {
        List<Sample> labelled =
                dataset.samples().stream().filter(sample -> sample.labels().length > 0).toList();
        int count = Math.min(LARGEST_SAMPLE, labelled.size());
        int[] positives =
                IntStream.range(0, count)
                        .map(i -> (int) ((long) i * labelled.size() / count))
                        .parallel()
                        .map(i -> positives(settings, labelled.get(i)))
                        .sorted()
                        .toArray();
        return count == 0 ? 1 : Math.max(1, positives[count / 2] / 2);
    }

    private static int positives(TrainingConfiguration settings, Sample sample) {
        Augmentation none = Augmentation.none(settings.images().canvasRule(), sample.size());
        Targets targets = none.applyTo(sample.boxes(), sample.labels());
        ImageSize canvas = none.canvas().size();
        Anchors anchors =
                new AnchorGenerator(settings.network().architecture().anchors())
                        .generate(canvas.height(), canvas.width());
        return AnchorTargets.assign(settings.matcher(), anchors, targets.boxes(), targets.labels())
                .positives()
                .length;
    }

    /**
     * Returns the length of the training in steps; of a long one only that it is long enough for
     * the longest warm-up.
     */
    private static long steps(TrainingConfiguration settings, DetectionDataset dataset) {
        LoopSettings loop = settings.loop();
        if (loop.steps() > 0) {
            return loop.steps();
        }
        long fewest =
                (long) loop.epochs()
                        * (dataset.samples().size() / loop.batchSize() / loop.accumulate());
        if (fewest >= Optimization.WARMUP_PART * Optimization.LONGEST_WARMUP) {
            return fewest;
        }
        BatchSampler sampler = sampler(settings, dataset);
        return new PlannedSteps(loop, epoch -> sampler.epoch(epoch).batches().size()).total();
    }
}
