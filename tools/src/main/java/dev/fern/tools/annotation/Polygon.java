package dev.fern.tools.annotation;

import dev.fern.cocoeval.Box;
import java.util.List;

/**
 * A closed polygon.
 *
 * @param points x and y of each corner in turn, in pixels; at least three corners. The array is not
 *     copied
 */
public record Polygon(double[] points) {

    /**
     * Checks that there are corners.
     *
     * @param points x, y, x, y, ...
     * @throws IllegalArgumentException if there are fewer than three corners, or an x without a y
     */
    public Polygon {
        if (points.length < 6 || points.length % 2 != 0) {
            throw new IllegalArgumentException("a polygon of " + points.length + " numbers");
        }
    }

    /**
     * Returns the least box around polygons.
     *
     * @param polygons at least one
     * @return xywh in pixels
     */
    public static Box enclosing(List<Polygon> polygons) {
        double left = Double.POSITIVE_INFINITY;
        double top = Double.POSITIVE_INFINITY;
        double right = Double.NEGATIVE_INFINITY;
        double bottom = Double.NEGATIVE_INFINITY;
        for (Polygon polygon : polygons) {
            for (int i = 0; i < polygon.points.length; i += 2) {
                left = Math.min(left, polygon.points[i]);
                right = Math.max(right, polygon.points[i]);
                top = Math.min(top, polygon.points[i + 1]);
                bottom = Math.max(bottom, polygon.points[i + 1]);
            }
        }
        return new Box(left, top, right - left, bottom - top);
    }

    /** {@return the area in square pixels, by the shoelace formula} */
    public double area() {
        double twice = 0;
        int last = points.length - 2;
        for (int i = 0; i < points.length; i += 2) {
            twice += points[last] * points[i + 1] - points[i] * points[last + 1];
            last = i;
        }
        return Math.abs(twice) / 2;
    }
}
