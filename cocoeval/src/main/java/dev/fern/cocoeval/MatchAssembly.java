package dev.fern.cocoeval;

import dev.fern.cocoeval.CategoryMatching.Pairs;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.Matching.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Turns the pairs that were matched category by category into what matched what on each image. */
final class MatchAssembly {
    private final CocoDataset dataset;
    private final CocoResults results;
    private final EvaluationInput input;
    private final boolean named;
    private final Map<Long, Integer> categories = new HashMap<>();
    private final List<List<MatchedTruth>> truths = new ArrayList<>();
    private final List<List<MatchedDetection>> detections = new ArrayList<>();

    /**
     * @param named whether records keep their own category; otherwise all belong to the first
     */
    MatchAssembly(
            CocoDataset dataset,
            CocoResults results,
            EvaluationInput input,
            List<CocoCategory> categories,
            boolean named) {
        this.dataset = dataset;
        this.results = results;
        this.input = input;
        this.named = named;
        categories.forEach(category -> this.categories.put(category.id(), this.categories.size()));
        for (int image = 0; image < input.imageCount(); image++) {
            truths.add(new ArrayList<>());
            detections.add(new ArrayList<>());
        }
    }

    void add(Pairs matches) {
        int[] positions = new int[matches.truths().length];
        for (int g = 0; g < positions.length; g++) {
            int index = matches.truths()[g];
            CocoAnnotation annotation = dataset.annotations().get(index);
            List<MatchedTruth> ofImage = truths.get(input.annotationImages()[index]);
            positions[g] = ofImage.size();
            ofImage.add(
                    new MatchedTruth(
                            annotation,
                            position(annotation.categoryId()),
                            matches.ignoredTruths()[g],
                            Pairs.NONE));
        }
        for (int d = 0; d < matches.detections().length; d++) {
            int index = matches.detections()[d];
            int match = matches.matched()[d];
            long category = results.idIn(dataset, results.categoryId(index));
            detections
                    .get(input.detectionImages()[index])
                    .add(
                            new MatchedDetection(
                                    index,
                                    new CocoDetection(
                                            results.idIn(dataset, results.imageId(index)),
                                            category,
                                            results.box(index),
                                            results.score(index)),
                                    position(category),
                                    outcome(matches, d),
                                    match < 0 ? Pairs.NONE : positions[match]));
        }
    }

    private int position(long category) {
        return named ? categories.get(category) : 0;
    }

    private static Outcome outcome(Pairs matches, int d) {
        if (matches.right()[d]) {
            return Outcome.TRUE_POSITIVE;
        }
        return matches.disregarded()[d] ? Outcome.IGNORED : Outcome.FALSE_POSITIVE;
    }

    List<ImageMatching> images() {
        return IntStream.range(0, input.imageCount()).mapToObj(this::image).toList();
    }

    private ImageMatching image(int image) {
        List<MatchedDetection> sorted = new ArrayList<>(detections.get(image));
        sorted.sort(MatchedDetection.BY_FALLING_SCORE);
        List<MatchedTruth> found = new ArrayList<>(truths.get(image));
        for (int d = 0; d < sorted.size(); d++) {
            if (sorted.get(d).isRight()) {
                int g = sorted.get(d).truth();
                found.set(g, found.get(g).foundBy(d));
            }
        }
        long id = input.images()[image];
        return new ImageMatching(
                dataset.image(id).orElseGet(() -> new CocoImage(id, "", 0, 0)), sorted, found);
    }
}
