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
 * Detections with their evaluation.
 *
 * @param dataset the annotations
 * @param results the detections
 * @param evaluation COCO's numbers of both
 */
public record Evaluated(CocoDataset dataset, CocoResults results, Evaluation evaluation) {

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
     * Detects in every image, with progress and warnings on standard error, and evaluates.
     *
     * @param detector the detector
     * @param labelled the images with their annotations
     * @param batchSize number of images that pass the network together, at least 1
     * @param loading how images are read ahead
     * @param parameters of the evaluation
     * @param found receives the detections before they are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped
     * @throws InterruptedException if the thread is interrupted meanwhile
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
