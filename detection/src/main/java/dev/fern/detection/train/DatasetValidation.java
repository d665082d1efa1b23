package dev.fern.detection.train;

import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Scores a detector by COCO's evaluation of what it finds in labelled images. Its categories are
 * matched with theirs by name.
 *
 * @param images the labelled images
 * @param options how they are evaluated
 * @param leftOut receives the images that turn out to be unusable, perhaps none
 * @param found receives the detections before they are evaluated
 */
public record DatasetValidation(
        LabelledImages images,
        DetectorEvaluation.Options options,
        Consumer<List<BadImageException>> leftOut,
        DetectorEvaluation.Sink found)
        implements DetectionTask.Validation {

    /**
     * Makes a validation that keeps no detections.
     *
     * @param images the labelled images
     * @param options how they are evaluated
     */
    public DatasetValidation(LabelledImages images, DetectorEvaluation.Options options) {
        this(images, options, bad -> {}, results -> {});
    }

    /**
     * Evaluates a detector.
     *
     * @return COCO's twelve numbers by their short names: AP, AP50, AP75, APs, APm, APl, AR1, AR10,
     *     AR100, ARs, ARm and ARl, each 0 to 1, or -1 where there is nothing to find
     * @throws IOException if an image can't be used and is not to be skipped, if no image is left,
     *     or if the images have no category of the detector's
     */
    @Override
    public Map<String, Double> evaluate(Detector detector)
            throws IOException, InterruptedException {
        return DetectorEvaluation.of(
                        detector,
                        images,
                        Optional.of(MatchedCategories.of(detector, images).match()),
                        options,
                        done -> {},
                        leftOut,
                        found)
                .numbers();
    }
}
