package dev.fern.tools.dataset;

import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Locale;

/** The categories of a synthetic data set. Their ids have gaps, as COCO's own have. */
enum ShapeCategory {
    ELLIPSE(1, new Ellipse2D.Double(-0.5, -0.5, 1, 1)),
    RECTANGLE(2, new Rectangle2D.Double(-0.5, -0.5, 1, 1)),
    TRIANGLE(4, polygon(3, 1)),
    STAR(7, polygon(5, 0.42)),
    CROSS(11, cross());

    private final int id;
    private final Shape outline;
    private final double area;

    ShapeCategory(int id, Shape outline) {
        this.id = id;
        this.outline = outline;
        this.area = area(outline);
    }

    /** Returns the id in the annotation files. */
    int id() {
        return id;
    }

    /** Returns the name in the annotation files. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the shape, about one unit wide and high around the origin. */
    Shape outline() {
        return outline;
    }

    /** Returns the shape's area in square units. */
    double area() {
        return area;
    }

    private static double area(Shape outline) {
        int steps = 200;
        int inside = 0;
        for (int i = 0; i < steps * steps; i++) {
            double x = (i % steps + 0.5) / steps - 0.5;
            double y = (i / steps + 0.5) / steps - 0.5;
            inside += outline.contains(x, y) ? 1 : 0;
        }
        return (double) inside / (steps * steps);
    }

    /**
     * Returns a regular polygon or a star.
     *
     * @param corners number of outer corners
     * @param waist distance of the inner corners from the centre, relative to the outer ones'; 1
     *     for none
     */
    private static Shape polygon(int corners, double waist) {
        Path2D path = new Path2D.Double();
        path.moveTo(0, -0.5);
        for (int i = 1; i < 2 * corners; i++) {
            if (i % 2 == 0 || waist < 1) {
                double radius = i % 2 == 0 ? 0.5 : 0.5 * waist;
                double angle = Math.PI * i / corners;
                path.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
            }
        }
        path.closePath();
        return path;
    }

    private static Shape cross() {
        double arm = 0.15;
        Area cross = new Area(new Rectangle2D.Double(-0.5, -arm, 1, 2 * arm));
        cross.add(new Area(new Rectangle2D.Double(-arm, -0.5, 2 * arm, 1)));
        return cross;
    }
}
