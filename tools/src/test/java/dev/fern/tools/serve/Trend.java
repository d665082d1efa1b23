package dev.fern.tools.serve;

import java.util.ArrayList;
import java.util.List;

/** The straight line through measurements by least squares, with the slope's standard error. */
final class Trend {

    private final List<double[]> points = new ArrayList<>();

    /**
     * Adds a measurement.
     *
     * @param x when it was taken
     * @param y what was measured
     */
    void add(double x, double y) {
        points.add(new double[] {x, y});
    }

    private double mean(int coordinate) {
        return points.stream().mapToDouble(point -> point[coordinate]).average().orElseThrow();
    }

    /** {@return the sum of the squares of the distances of x from their mean} */
    private double spread() {
        double mean = mean(0);
        return points.stream().mapToDouble(point -> Math.pow(point[0] - mean, 2)).sum();
    }

    double slope() {
        double x = mean(0);
        double y = mean(1);
        return points.stream().mapToDouble(point -> (point[0] - x) * (point[1] - y)).sum()
                / spread();
    }

    double standardError() {
        double x = mean(0);
        double y = mean(1);
        double slope = slope();
        double squares =
                points.stream()
                        .mapToDouble(point -> Math.pow(point[1] - y - slope * (point[0] - x), 2))
                        .sum();
        return Math.sqrt(squares / (points.size() - 2) / spread());
    }
}
