package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.LeftOutImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Scores a detector on labelled images. */
public final class DetectionScores {

    private DetectionScores() {}

    /** Receives the detections that are evaluated. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Receives the detections of all images, before they are evaluated.
         *
         * @param results the detections
         * @throws IOException if they can't be written
         */
        void accept(CocoResults results) throws IOException;
    }

    /**
     * Detects in every image and evaluates on those images alone.
     *
     * @param detector the detector
     * @param labelled the images with their annotations
     * @param batchSize number of images that pass the network together, at least 1
     * @param options how images are read ahead
     * @param warnings receives the images that turn out to be unusable
     * @param found receives the detections before they are evaluated
     * @return COCO's numbers
     * @throws IOException if an image can't be used and is not to be skipped, or if no image is
     *     left
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static Evaluation evaluate(
            Detector detector,
            LabelledImages labelled,
            int batchSize,
            LoaderOptions options,
            LeftOutImages warnings,
            Sink found)
            throws IOException, InterruptedException {
        List<BadImageException> leftOut = new ArrayList<>();
        CocoResults results =
                DatasetDetection.run(
                        detector,
                        labelled.images(),
                        ImageReader.forDataSets(),
                        batchSize,
                        options,
                        done -> {},
                        leftOut::add);
        warnings.warn("validation images", leftOut);
        found.accept(results);
        return evaluate(labelled, results, EvaluationParameters.defaults(), leftOut);
    }

    /**
     * Evaluates detections on the images that are in use.
     *
     * @param labelled the images with their annotations
     * @param results the detections
     * @param parameters of the evaluation
     * @param leftOut images that turned out to be unusable
     * @return COCO's numbers
     * @throws IOException if no image is left
     */
    public static Evaluation evaluate(
            LabelledImages labelled,
            CocoResults results,
            EvaluationParameters parameters,
            List<BadImageException> leftOut)
            throws IOException {
        Set<Long> bad =
                leftOut.stream().map(BadImageException::imageId).collect(Collectors.toSet());
        List<Long> used =
                labelled.images().samples().stream()
                        .map(Sample::imageId)
                        .filter(id -> !bad.contains(id))
                        .toList();
        if (used.isEmpty()) {
            throw new IOException(
                    "no image to evaluate on can be used, the first: "
                            + leftOut.get(0).getMessage());
        }
        boolean all = used.size() == labelled.coco().images().size();
        return CocoEvaluator.evaluate(
                labelled.coco(),
                results,
                all || parameters.imgIds().isPresent()
                        ? parameters
                        : parameters.toBuilder().imgIds(used).build());
    }

    /**
     * Returns the twelve numbers by their short names, such as AP50.
     *
     * @param evaluation what they are taken from
     * @return the numbers, in COCO's order
     */
    public static Map<String, Double> numbers(Evaluation evaluation) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        evaluation.stats().forEach((metric, value) -> numbers.put(metric.label(), value));
        return numbers;
    }
}
