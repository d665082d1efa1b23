package dev.fern.cocoeval.keypoint;

import dev.fern.cocoeval.numpy.NumpySum;
import java.util.List;

/**
 * Object keypoint similarity (OKS): the mean over labelled points of {@code exp(-d^2 / (2 s^2
 * k^2))} with the distance d of a point, the object's area s^2 and twice the point's sigma k, in
 * the order of operations of pycocotools' {@code computeOks}.
 */
public final class ObjectKeypointSimilarity {
    /** COCO's sigmas of its 17 points of a person, from nose to ankles. */
    public static final List<Double> COCO_SIGMAS =
            List.of(
                    .26 / 10, .25 / 10, .25 / 10, .35 / 10, .35 / 10, .79 / 10, .79 / 10, .72 / 10,
                    .72 / 10, .62 / 10, .62 / 10, 1.07 / 10, 1.07 / 10, .87 / 10, .87 / 10,
                    .89 / 10, .89 / 10);

    private final double[] variances;
    private double[] terms = new double[17];

    /**
     * Not safe for use by several threads at once.
     *
     * @param sigmas one per point, or a single one for all
     */
    public ObjectKeypointSimilarity(List<Double> sigmas) {
        variances = sigmas.stream().mapToDouble(sigma -> (sigma * 2) * (sigma * 2)).toArray();
    }

    /**
     * Compares detected points with those of an object.
     *
     * @param detected third numbers count for nothing
     * @param truth without labelled points, the distance is that to three times its box
     * @param box of the object: left, top, width and height in pixels
     * @param area of the object in square pixels
     * @return 0 to 1 for a sound object; NaN for a sigma of 0 on an exact point
     * @throws IllegalArgumentException if the points and sigmas differ in number so that numpy
     *     can't pair them
     */
    public double of(Keypoints detected, Keypoints truth, double[] box, double area) {
        int labelled = truth.labelled();
        return labelled > 0
                ? ofLabelled(detected, truth, labelled, area)
                : ofBox(detected, box, area);
    }

    private double ofLabelled(Keypoints detected, Keypoints truth, int labelled, double area) {
        int points =
                broadcast(
                        broadcast(
                                broadcast(detected.count(0), truth.count(0)),
                                broadcast(detected.count(1), truth.count(1))),
                        variances.length);
        if (truth.count(2) != points) {
            throw different(detected, truth);
        }
        makeRoom(labelled);
        int count = 0;
        for (int i = 0; i < points; i++) {
            if (truth.get(2, i) > 0) {
                double dx = detected.get(0, i) - truth.get(0, i);
                double dy = detected.get(1, i) - truth.get(1, i);
                terms[count++] = term(dx, dy, i, area);
            }
        }
        return NumpySum.sum(terms, 0, count) / count;
    }

    private double ofBox(Keypoints detected, double[] box, double area) {
        int points = variances.length;
        if (detected.count(0) != points || detected.count(1) != points) {
            throw new IllegalArgumentException(
                    "has "
                            + detected.count(0)
                            + " keypoints, but there are "
                            + points
                            + " sigmas; an object without labelled points needs as many");
        }
        makeRoom(points);
        for (int i = 0; i < points; i++) {
            double dx = beyond(detected.get(0, i), box[0], box[2]);
            double dy = beyond(detected.get(1, i), box[1], box[3]);
            terms[i] = term(dx, dy, i, area);
        }
        return NumpySum.sum(terms, 0, points) / points;
    }

    /** How far a coordinate lies outside the box that is grown by its own length on each side. */
    private static double beyond(double at, double start, double length) {
        double first = start - length;
        double last = start + length * 2;
        return Math.max(0, first - at) + Math.max(0, at - last);
    }

    private double term(double dx, double dy, int point, double area) {
        double variance = variances[variances.length == 1 ? 0 : point];
        return StrictMath.exp(-((dx * dx + dy * dy) / variance / (area + Math.ulp(1.0)) / 2));
    }

    private void makeRoom(int count) {
        if (terms.length < count) {
            terms = new double[count];
        }
    }

    /** The length that numpy gives to an operation on two arrays. */
    private int broadcast(int a, int b) {
        if (a == b || b == 1) {
            return a;
        }
        if (a == 1) {
            return b;
        }
        throw new IllegalArgumentException(
                "has "
                        + a
                        + " numbers where "
                        + b
                        + " are needed; detection, annotation and sigmas must have the same number"
                        + " of keypoints");
    }

    private IllegalArgumentException different(Keypoints detected, Keypoints truth) {
        return new IllegalArgumentException(
                "has "
                        + detected.count(0)
                        + " keypoints where the annotation has "
                        + truth.count(2)
                        + " and sigmas are "
                        + variances.length
                        + "; detection, annotation and sigmas must have the same number");
    }
}
