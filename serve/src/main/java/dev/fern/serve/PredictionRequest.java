package dev.fern.serve;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jetty.http.HttpStatus;

/**
 * What a client wants of an image.
 *
 * @param image the bytes of the image's file
 * @param scoreThreshold least score of the detections, above it; empty for 0.3, or the model's
 *     where that is higher
 * @param maxDetections how many of the best at most
 * @param classes the names of the wanted categories; empty for all
 */
record PredictionRequest(
        byte[] image, OptionalDouble scoreThreshold, int maxDetections, Set<String> classes) {

    /** As {@code fern detect} has it. */
    private static final double DEFAULT_SCORE = 0.3;

    private static final Set<String> PARAMETERS =
            Set.of("score_threshold", "max_detections", "classes");

    /**
     * Reads the parameters.
     *
     * @throws RefusedException naming the parameter that can't be used
     */
    static PredictionRequest of(byte[] image, Map<String, String> parameters)
            throws RefusedException {
        for (String name : parameters.keySet()) {
            if (!PARAMETERS.contains(name)) {
                throw bad("unknown parameter '" + name + "'; use " + new TreeSet<>(PARAMETERS));
            }
        }
        if (image.length == 0) {
            throw bad("the request has no image");
        }
        return new PredictionRequest(
                image,
                score(parameters.get("score_threshold")),
                count(parameters.get("max_detections")),
                classes(parameters.get("classes")));
    }

    private static OptionalDouble score(String text) throws RefusedException {
        if (text == null) {
            return OptionalDouble.empty();
        }
        try {
            double score = Double.parseDouble(text);
            if (score >= 0 && score <= 1) {
                return OptionalDouble.of(score);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad("score_threshold must be a number from 0 to 1");
    }

    private static int count(String text) throws RefusedException {
        if (text == null) {
            return Integer.MAX_VALUE;
        }
        try {
            int count = Integer.parseInt(text);
            if (count >= 1) {
                return count;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad("max_detections must be a whole number of 1 or more");
    }

    private static Set<String> classes(String text) {
        return text == null || text.isBlank()
                ? Set.of()
                : new TreeSet<>(Arrays.stream(text.split(",")).map(String::strip).toList());
    }

    private static RefusedException bad(String message) {
        return new RefusedException(HttpStatus.BAD_REQUEST_400, message);
    }

    /**
     * Checks the parameters against a model.
     *
     * @throws RefusedException if the model can't do what is wanted
     */
    void require(ServedModel.Loaded model) throws RefusedException {
        List<String> names = model.categories().stream().map(CocoCategory::name).toList();
        for (String wanted : classes) {
            if (!names.contains(wanted)) {
                throw bad("the model has no category '" + wanted + "'");
            }
        }
        double least = model.configuration().postProcessing().scoreThreshold();
        if (scoreThreshold.orElse(least) < least) {
            throw bad("score_threshold must be at least the model's, " + least);
        }
    }

    /**
     * Picks what is wanted of what a model found. Since non-maxima are suppressed by falling score,
     * this is what the model would have found with these parameters of its own.
     */
    List<Detection> wanted(List<Detection> found) {
        // A model keeps nothing below its own threshold, which may be above the default.
        double least = scoreThreshold.orElse(DEFAULT_SCORE);
        return found.stream()
                .filter(detection -> detection.score() > least)
                .filter(d -> classes.isEmpty() || classes.contains(d.categoryName()))
                .limit(maxDetections)
                .toList();
    }
}
