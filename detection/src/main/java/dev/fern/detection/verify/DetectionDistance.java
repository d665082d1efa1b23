package dev.fern.detection.verify;

import dev.fern.detection.model.Detection;
import dev.fern.detection.model.PostProcessing;
import java.util.ArrayList;
import java.util.List;

/**
 * How far two lists of one image's detections are from each other. Each detection is compared with
 * the nearest one of its category. A detection that the other list lacks counts by how far its
 * score was from being cut off there, by the threshold or by the number of detections, since
 * rounding may move a candidate on the very edge to either side.
 */
final class DetectionDistance {

    private final PostProcessing postProcessing;

    DetectionDistance(PostProcessing postProcessing) {
        this.postProcessing = postProcessing;
    }

    /** Returns the distance of the lists, each by falling score. */
    double between(List<Detection> one, List<Detection> other) {
        List<Detection> left = new ArrayList<>(other);
        double largest = 0;
        for (Detection detection : one) {
            double missing = detection.score() - cutOff(other);
            Detection nearest = null;
            double distance = missing;
            for (Detection candidate : left) {
                if (between(detection, candidate) <= distance) {
                    nearest = candidate;
                    distance = between(detection, candidate);
                }
            }
            left.remove(nearest);
            largest = Math.max(largest, distance);
        }
        for (Detection detection : left) {
            largest = Math.max(largest, detection.score() - cutOff(one));
        }
        return largest;
    }

    private double cutOff(List<Detection> detections) {
        return detections.size() < postProcessing.maxDetections()
                ? postProcessing.scoreThreshold()
                : detections.get(detections.size() - 1).score();
    }

    private static double between(Detection a, Detection b) {
        if (a.category() != b.category()) {
            return Double.POSITIVE_INFINITY;
        }
        double distance = Math.abs((double) a.score() - b.score());
        distance = Math.max(distance, relativeDifference(a.x1(), b.x1()));
        distance = Math.max(distance, relativeDifference(a.y1(), b.y1()));
        distance = Math.max(distance, relativeDifference(a.x2(), b.x2()));
        return Math.max(distance, relativeDifference(a.y2(), b.y2()));
    }

    /** Returns the difference, relative to the expected value where that is above 1. */
    static double relativeDifference(double expected, double value) {
        return Math.abs(expected - value) / Math.max(1, Math.abs(expected));
    }
}
