package dev.fern.detection.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * Detections with their evaluation.
 *
 * @param dataset the annotations
 * @param results the detections
 * @param evaluation COCO's numbers of both
 */
public record DetectorEvaluation(CocoDataset dataset, CocoResults results, Evaluation evaluation) {

    /** Receives detections before they are evaluated. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Receives the detections of all images.
         *
         * @param results the detections
         * @throws IOException if they can't be written
         */
        void accept(CocoResults results) throws IOException;
    }

    /**
     * How a detector is evaluated.
     *
     * @param batchSize number of images that pass the network together, at least 1
     * @param loading how images are read ahead, and whether those that can't be used are skipped
     * @param parameters of the evaluation
     */
    public record Options(int batchSize, LoaderOptions loading, EvaluationParameters parameters) {

        /**
         * Makes options with COCO's parameters.
         *
         * @param batchSize number of images that pass the network together, at least 1
         * @param loading how images are read ahead
         */
        public Options(int batchSize, LoaderOptions loading) {
            this(batchSize, loading, EvaluationParameters.defaults());
        }
    }

    /**
     * Detects in every image and evaluates on those images that can be used.
     *
     * @param detector the detector; it stays open
     * @param labelled the images with their annotations
     * @param match of the detector's categories with the annotations'; empty if all categories
     *     count as one
     * @param options how it is done
     * @param progress is told after every batch how many images are done
     * @param leftOut receives the images that turn out to be unusable, perhaps none
     * @param found receives the detections before they are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped, or if no image is
     *     left
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static DetectorEvaluation of(
            Detector detector,
            LabelledImages labelled,
            Optional<CategoryMatch> match,
            Options options,
            IntConsumer progress,
            Consumer<List<BadImageException>> leftOut,
            Sink found)
            throws IOException, InterruptedException {
        List<BadImageException> bad = new ArrayList<>();
        DetectionDataset images = labelled.images();
        CocoResults results =
                match.isPresent()
                        ? DatasetDetection.run(
                                detector,
                                images,
                                match.get(),
                                options.batchSize,
                                options.loading,
                                progress,
                                bad::add)
                        : DatasetDetection.run(
                                detector,
                                images,
                                options.batchSize,
                                options.loading,
                                progress,
                                bad::add);
        leftOut.accept(bad);
        found.accept(results);
        Set<Long> unusable =
                bad.stream().map(BadImageException::imageId).collect(Collectors.toSet());
        List<Long> used =
                images.samples().stream()
                        .map(Sample::imageId)
                        .filter(id -> !unusable.contains(id))
                        .toList();
        if (used.isEmpty()) {
            throw new IOException(
                    "no image to evaluate on can be used, the first: " + bad.get(0).getMessage());
        }
        return onUsed(labelled.coco(), results, used, options.parameters);
    }

    /**
     * Evaluates detections on those images that could be used.
     *
     * @param dataset the annotations
     * @param results the detections
     * @param used ids of the images that were detected in, at least one
     * @param parameters of the evaluation; unless they name images, these are the used ones
     * @return the detections with their evaluation
     * @throws IOException if detections and annotations do not fit
     */
    public static DetectorEvaluation onUsed(
            CocoDataset dataset,
            CocoResults results,
            List<Long> used,
            EvaluationParameters parameters)
            throws IOException {
        boolean all = used.size() == dataset.images().size();
        EvaluationParameters asked =
                all || parameters.imgIds().isPresent()
                        ? parameters
                        : parameters.toBuilder().imgIds(used).build();
        return new DetectorEvaluation(
                dataset, results, CocoEvaluator.evaluate(dataset, results, asked));
    }

    /** {@return COCO's twelve numbers, in COCO's order, by their short names, such as AP50} */
    public Map<String, Double> numbers() {
        return numbers(evaluation);
    }

    /**
     * Returns the twelve numbers of an evaluation.
     *
     * @param evaluation what they are taken from
     * @return the numbers in COCO's order, by their short names, such as AP50
     */
    public static Map<String, Double> numbers(Evaluation evaluation) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        evaluation.stats().forEach((metric, value) -> numbers.put(metric.label(), value));
        return numbers;
    }
}
