package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.LeftOutImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Detections with their scores.
 *
 * @param dataset the annotations
 * @param results what was found
 * @param evaluation of both
 */
public record Evaluated(CocoDataset dataset, CocoResults results, Evaluation evaluation) {

    /** Takes detections, before they are evaluated. */
    @FunctionalInterface
    public interface Sink {
        void accept(CocoResults results) throws IOException;
    }

    /**
     * Detects in every image, with progress and warnings on standard error, and evaluates.
     *
     * @throws IOException if an image can't be used and is not to be skipped
     */
    public static Evaluated detect(
            Detector detector,
            LabelledImages labelled,
            int batchSize,
            LoaderOptions loading,
            EvaluationParameters parameters,
            Sink found)
            throws IOException, InterruptedException {
        LeftOutImages warnings = new LeftOutImages();
        warnings.warn("images", labelled.images().badImages());
        List<BadImageException> leftOut = new ArrayList<>();
        CocoResults results;
        try (CountProgress progress =
                new CountProgress("evaluate", labelled.images().samples().size())) {
            results =
                    DatasetDetection.run(
                            detector,
                            labelled.images(),
                            ImageReader.forDataSets(),
                            batchSize,
                            loading,
                            progress::at,
                            leftOut::add);
        }
        warnings.warn("images", leftOut);
        found.accept(results);
        return new Evaluated(
                labelled.coco(),
                results,
                DetectionScores.evaluate(labelled, results, parameters, leftOut));
    }
}
