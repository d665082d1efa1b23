package dev.fern.tools.evaluate;

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
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.LeftOutImages;
import dev.fern.tools.input.OrientationNote;
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
     * Detects in every image and evaluates on those images that can be used, as a training does
     * after an epoch. The detector's categories are matched with the annotations', see {@link
     * MatchedCategories}.
     *
     * @param detector the detector
     * @param labelled the images with their annotations
     * @param batchSize number of images that pass the network together, at least 1
     * @param loading how images are read ahead
     * @param warnings is told of the images that turn out to be unusable
     * @param found receives the detections before they are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped, if no image is left,
     *     or if the annotations have no category of the detector's
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static DetectorEvaluation validate(
            Detector detector,
            LabelledImages labelled,
            int batchSize,
            LoaderOptions loading,
            LeftOutImages warnings,
            Sink found)
            throws IOException, InterruptedException {
        List<BadImageException> leftOut = new ArrayList<>();
        CocoResults results =
                detect(
                        detector,
                        labelled,
                        Optional.of(MatchedCategories.of(detector, labelled).match()),
                        batchSize,
                        loading,
                        done -> {},
                        leftOut::add);
        warnings.warn("validation images", leftOut);
        found.accept(results);
        return of(labelled, results, EvaluationParameters.defaults(), leftOut);
    }

    /**
     * Detects in every image, with progress and warnings on standard error, and evaluates. The
     * detector's categories are matched with the annotations' unless all categories count as one;
     * standard error tells where they differ.
     *
     * @param detector the detector
     * @param labelled the images with their annotations
     * @param batchSize number of images that pass the network together, at least 1
     * @param loading how images are read ahead
     * @param parameters of the evaluation
     * @param found receives the detections before they are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped, if no image is left,
     *     or if the annotations have no category of the detector's
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static DetectorEvaluation withProgress(
            Detector detector,
            LabelledImages labelled,
            int batchSize,
            LoaderOptions loading,
            EvaluationParameters parameters,
            Sink found)
            throws IOException, InterruptedException {
        LeftOutImages warnings = new LeftOutImages();
        warnings.warn("images", labelled.images().badImages());
        OrientationNote.print("images", labelled.images());
        Optional<CategoryMatch> match = Optional.empty();
        if (parameters.useCats()) {
            MatchedCategories categories = MatchedCategories.of(detector, labelled);
            categories.notes().forEach(note -> System.err.println(VisibleText.of(note)));
            match = Optional.of(categories.match());
        }
        List<BadImageException> leftOut = new ArrayList<>();
        CocoResults results;
        try (CountProgress progress =
                new CountProgress("evaluate", labelled.images().samples().size())) {
            results =
                    detect(
                            detector,
                            labelled,
                            match,
                            batchSize,
                            loading,
                            progress::at,
                            leftOut::add);
        }
        warnings.warn("images", leftOut);
        found.accept(results);
        return of(labelled, results, parameters, leftOut);
    }

    private static CocoResults detect(
            Detector detector,
            LabelledImages labelled,
            Optional<CategoryMatch> match,
            int batchSize,
            LoaderOptions loading,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        DetectionDataset images = labelled.images();
        return match.isPresent()
                ? DatasetDetection.run(
                        detector, images, match.get(), batchSize, loading, progress, leftOut)
                : DatasetDetection.run(detector, images, batchSize, loading, progress, leftOut);
    }

    private static DetectorEvaluation of(
            LabelledImages labelled,
            CocoResults results,
            EvaluationParameters parameters,
            List<BadImageException> leftOut)
            throws IOException {
        CocoDataset dataset = labelled.coco();
        return new DetectorEvaluation(
                dataset,
                results,
                CocoEvaluator.evaluate(dataset, results, onUsed(labelled, leftOut, parameters)));
    }

    /** Returns the parameters, so that they ask for no image that could not be used. */
    private static EvaluationParameters onUsed(
            LabelledImages labelled,
            List<BadImageException> leftOut,
            EvaluationParameters parameters)
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
        return all || parameters.imgIds().isPresent()
                ? parameters
                : parameters.toBuilder().imgIds(used).build();
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
    static Map<String, Double> numbers(Evaluation evaluation) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        evaluation.stats().forEach((metric, value) -> numbers.put(metric.label(), value));
        return numbers;
    }
}
