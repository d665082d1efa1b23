package dev.fern.tools;

import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoFormatException;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** Scores a detector on labelled images. */
final class DetectionScores {

    private DetectionScores() {}

    /** Detects in every image and evaluates on those images alone. */
    static Evaluation evaluate(
            Detector detector,
            LabelledImages labelled,
            int batchSize,
            LoaderOptions options,
            IntConsumer progress)
            throws IOException, InterruptedException {
        CocoResults results =
                DatasetDetection.run(
                        detector,
                        labelled.images(),
                        ImageReader.forDataSets(),
                        batchSize,
                        options,
                        progress);
        return evaluate(labelled, results, EvaluationParameters.defaults());
    }

    /** Evaluates detections on the images that are in use. */
    static Evaluation evaluate(
            LabelledImages labelled, CocoResults results, EvaluationParameters parameters)
            throws CocoFormatException {
        boolean all = labelled.images().samples().size() == labelled.coco().images().size();
        EvaluationParameters used =
                all || parameters.imgIds().isPresent()
                        ? parameters
                        : parameters.toBuilder()
                                .imgIds(
                                        labelled.images().samples().stream()
                                                .map(Sample::imageId)
                                                .toList())
                                .build();
        return CocoEvaluator.evaluate(labelled.coco(), results, used);
    }

    /** The twelve numbers by their short names. */
    static Map<String, Double> numbers(Evaluation evaluation) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        evaluation.stats().forEach((metric, value) -> numbers.put(metric.label(), value));
        return numbers;
    }
}
