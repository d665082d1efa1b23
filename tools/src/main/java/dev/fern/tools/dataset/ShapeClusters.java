package dev.fern.tools.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Groups boxes by width and height with k-means, as YOLO chooses its anchors (Redmon and Farhadi,
 * YOLO9000, 2017, section 2): the distance of a box from a centre is 1 - IoU of the two where they
 * share a corner, and a centre is the mean of its boxes: here the geometric one, since IoU goes by
 * ratios of sides.
 */
final class ShapeClusters {

    private static final int SEED = 1;

    /** The best of several beginnings is kept, since k-means ends in the nearest of many optima. */
    private static final int BEGINNINGS = 16;

    private static final int MOST_ROUNDS = 300;

    private ShapeClusters() {}

    /**
     * Width and height of a box, each above 0.
     *
     * @param width in any unit
     * @param height in the same
     */
    record Shape(double width, double height) {

        double area() {
            return width * height;
        }

        /** Returns the IoU with another shape that has the same corner. */
        double iou(Shape other) {
            double common = Math.min(width, other.width) * Math.min(height, other.height);
            return common / (area() + other.area() - common);
        }
    }

    /**
     * Returns the centres of groups, the same for the same shapes.
     *
     * @param shapes at least one
     * @param count number of groups, at least 1
     * @return at most so many centres by rising area, fewer where there are fewer different shapes
     */
    static List<Shape> centres(List<Shape> shapes, int count) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<Shape> best = List.of();
        double highest = -1;
        for (int i = 0; i < BEGINNINGS; i++) {
            List<Shape> centres = refined(shapes, beginning(shapes, count, random));
            double mean = meanIou(shapes, centres);
            if (mean > highest) {
                highest = mean;
                best = centres;
            }
        }
        return best.stream().sorted((a, b) -> Double.compare(a.area(), b.area())).toList();
    }

    /** Returns the mean over the shapes of the IoU with the nearest centre. */
    static double meanIou(List<Shape> shapes, List<Shape> centres) {
        return shapes.stream()
                .mapToDouble(shape -> shape.iou(centres.get(nearest(shape, centres))))
                .average()
                .orElseThrow();
    }

    /** Draws shapes far from each other (k-means++: by the square of the distance). */
    private static List<Shape> beginning(List<Shape> shapes, int count, SplittableRandom random) {
        List<Shape> centres = new ArrayList<>();
        centres.add(shapes.get(random.nextInt(shapes.size())));
        double[] weights = new double[shapes.size()];
        Arrays.fill(weights, 1);
        while (centres.size() < count) {
            Shape newest = centres.get(centres.size() - 1);
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                double distance = 1 - shapes.get(i).iou(newest);
                weights[i] = Math.min(weights[i], distance * distance);
                sum += weights[i];
            }
            if (sum < 1e-12) {
                break; // every shape is a centre
            }
            double drawn = random.nextDouble() * sum;
            int next = 0;
            while (next < weights.length - 1 && drawn >= weights[next]) {
                drawn -= weights[next++];
            }
            centres.add(shapes.get(next));
        }
        return centres;
    }

    /** Moves centres to the means of their groups, and returns the best that came by. */
    private static List<Shape> refined(List<Shape> shapes, List<Shape> beginning) {
        List<Shape> centres = new ArrayList<>(beginning);
        List<Shape> best = beginning;
        double highest = meanIou(shapes, beginning);
        int[] groups = new int[shapes.size()];
        Arrays.fill(groups, -1);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            boolean changed = false;
            double[][] sums = new double[centres.size()][3];
            for (int i = 0; i < groups.length; i++) {
                Shape shape = shapes.get(i);
                int group = nearest(shape, centres);
                changed |= group != groups[i];
                groups[i] = group;
                sums[group][0] += Math.log(shape.width);
                sums[group][1] += Math.log(shape.height);
                sums[group][2]++;
            }
            if (!changed) {
                break;
            }
            for (int c = 0; c < sums.length; c++) {
                if (sums[c][2] > 0) {
                    centres.set(
                            c,
                            new Shape(
                                    Math.exp(sums[c][0] / sums[c][2]),
                                    Math.exp(sums[c][1] / sums[c][2])));
                }
            }
            double mean = meanIou(shapes, centres); // a mean of a group need not raise it
            if (mean > highest) {
                highest = mean;
                best = List.copyOf(centres);
            }
        }
        return best;
    }

    private static int nearest(Shape shape, List<Shape> centres) {
        int nearest = 0;
        for (int c = 1; c < centres.size(); c++) {
            if (shape.iou(centres.get(c)) > shape.iou(centres.get(nearest))) {
                nearest = c;
            }
        }
        return nearest;
    }
}
