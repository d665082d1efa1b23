package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.List;

/** Cats, dogs and detections of 10 by 10 pixels on two images; ids count from 1. */
final class Scene {
    static final long CAT = 1;
    static final long DOG = 2;

    private final List<CocoAnnotation> annotations = new ArrayList<>();
    private final CocoResults.Builder detections = CocoResults.builder();
    private long image = 1;

    Scene onSecondImage() {
        image = 2;
        return this;
    }

    Scene truth(long category, double x, double y) {
        return truth(category, new Box(x, y, 10, 10), false);
    }

    Scene crowd(long category, double x, double y, double width, double height) {
        return truth(category, new Box(x, y, width, height), true);
    }

    private Scene truth(long category, Box box, boolean crowd) {
        annotations.add(
                new CocoAnnotation(
                        annotations.size() + 1, image, category, box, box.area(), crowd));
        return this;
    }

    Scene detect(long category, double x, double y, double score) {
        detections.add(image, category, new Box(x, y, 10, 10), score);
        return this;
    }

    CocoDataset dataset() {
        return CocoDataset.of(
                List.of(new CocoImage(1, "1.jpg", 640, 480), new CocoImage(2, "2.jpg", 640, 480)),
                List.of(new CocoCategory(CAT, "cat", ""), new CocoCategory(DOG, "dog", "")),
                annotations);
    }

    CocoResults results() {
        return detections.build();
    }

    Analysis analyse(AnalysisParameters parameters) throws CocoFormatException {
        return Analysis.of(dataset(), results(), EvaluationParameters.defaults(), parameters);
    }

    Analysis analyse() throws CocoFormatException {
        return analyse(AnalysisParameters.defaults());
    }
}
