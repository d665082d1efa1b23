package dev.fern.tools.evaluate;

import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LeftOutImages;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.OrientationNote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluates a detector with progress and warnings on standard error. */
public final class ShownEvaluation {

    private ShownEvaluation() {}

    /**
     * Detects in every image and evaluates. The detector's categories are matched with the
     * annotations' unless all categories count as one; standard error tells where they differ.
     *
     * @param detector the detector
     * @param labelled the images with their annotations
     * @param options how it is done
     * @param found receives the detections before they are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped, if no image is left,
     *     or if the annotations have no category of the detector's
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static DetectorEvaluation of(
            Detector detector,
            LabelledImages labelled,
            DetectorEvaluation.Options options,
            DetectorEvaluation.Sink found)
            throws IOException, InterruptedException {
        LeftOutImages warnings =
                new LeftOutImages(line -> System.err.println(VisibleText.of(line)));
        warnings.warn("images", labelled.images().badImages());
        OrientationNote.print("images", labelled.images());
        Optional<CategoryMatch> match = Optional.empty();
        if (options.parameters().useCats()) {
            MatchedCategories categories = MatchedCategories.of(detector, labelled);
            categories.notes().forEach(note -> System.err.println(VisibleText.of(note)));
            match = Optional.of(categories.match());
        }
        List<BadImageException> leftOut = new ArrayList<>();
        DetectorEvaluation evaluated;
        try (CountProgress progress =
                new CountProgress("evaluate", labelled.images().samples().size())) {
            evaluated =
                    DetectorEvaluation.of(
                            detector,
                            labelled,
                            match,
                            options,
                            progress::at,
                            leftOut::addAll,
                            found);
        }
        warnings.warn("images", leftOut);
        return evaluated;
    }
}
