package dev.fern.cocoeval;

import dev.fern.cocoeval.CategoryMatching.Pairs;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.Matching.Outcome;
import dev.fern.cocoeval.Matching.Similarity;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
                            index,
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

    List<ImageMatching> images() throws CocoFormatException {
        Overlaps overlaps = Overlaps.of(input);
        List<ImageMatching> images = new ArrayList<>();
        for (int image = 0; image < input.imageCount(); image++) {
            images.add(image(image, overlaps));
        }
        return images;
    }

    private ImageMatching image(int image, Overlaps overlaps) throws CocoFormatException {
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
                dataset.image(id).orElseGet(() -> new CocoImage(id, "", 0, 0)),
                sorted,
                found,
                similarity(sorted, found, overlaps));
    }

    /** Boxes are quickly compared again; what else there is, is compared once for all. */
    private Similarity similarity(
            List<MatchedDetection> sorted, List<MatchedTruth> found, Overlaps overlaps)
            throws CocoFormatException {
        if (input.parameters().iouType() == IouType.BOX) {
            return Similarity.OF_BOXES;
        }
        if (sorted.isEmpty() || found.isEmpty() || !input.comparesAny()) {
            return (detection, truth) -> 0;
        }
        int[] detectionIndices = sorted.stream().mapToInt(MatchedDetection::index).toArray();
        int[] truthIndices = found.stream().mapToInt(MatchedTruth::index).toArray();
        double[] all = new double[detectionIndices.length * truthIndices.length];
        overlaps.compute(
                truthIndices,
                0,
                truthIndices.length,
                detectionIndices,
                0,
                detectionIndices.length,
                all);
        Map<Integer, Integer> rows = places(detectionIndices);
        Map<Integer, Integer> columns = places(truthIndices);
        return (detection, truth) ->
                all[rows.get(detection.index()) * truthIndices.length + columns.get(truth.index())];
    }

    private static Map<Integer, Integer> places(int[] indices) {
        Map<Integer, Integer> places = new HashMap<>(2 * indices.length);
        for (int i = 0; i < indices.length; i++) {
            places.put(indices[i], i);
        }
        return places;
    }
}
