package dev.fern.tools.annotation;

import dev.fern.cocoeval.Box;
import java.util.List;

/**
 * One object of an image.
 *
 * @param category its name
 * @param box xywh in pixels
 * @param area in square pixels; that of the outline where there is one
 * @param crowd whether the box stands for a group of objects, or an object that is not counted
 * @param outline the polygons that the object is made of; empty where only the box is known
 */
public record AnnotatedObject(
        String category, Box box, double area, boolean crowd, List<Polygon> outline) {

    /** How far the outline of an object may reach over its box, or fall short of it, in pixels. */
    private static final double SAME_BOX = 1e-3;

    /**
     * Copies the list.
     *
     * @param category not empty
     * @param box xywh in pixels
     * @param area in square pixels
     * @param crowd whether the object is a crowd
     * @param outline polygons, or none
     */
    public AnnotatedObject {
        outline = List.copyOf(outline);
    }

    /**
     * Makes an object of which only the box is known.
     *
     * @param category not empty
     * @param box xywh in pixels
     * @param crowd whether it is a crowd
     * @return an object without an outline, whose area is the box's
     */
    public static AnnotatedObject boxed(String category, Box box, boolean crowd) {
        return new AnnotatedObject(category, box, box.area(), crowd, List.of());
    }

    /**
     * Makes an object whose box is the least one around its polygons.
     *
     * @param category not empty
     * @param polygons at least one, in pixels
     * @param crowd whether it is a crowd
     * @return an object whose area is the sum of the polygons'
     */
    public static AnnotatedObject outlined(String category, List<Polygon> polygons, boolean crowd) {
        double area = polygons.stream().mapToDouble(Polygon::area).sum();
        return new AnnotatedObject(category, Polygon.enclosing(polygons), area, crowd, polygons);
    }

    /**
     * Tells whether the outline gives the box again, so that a format whose polygons have no boxes
     * of their own can hold it.
     *
     * @return whether no edge of the box is more than a thousandth of a pixel away from the
     *     outline's
     */
    public boolean outlineGivesBox() {
        if (outline.isEmpty()) {
            return false;
        }
        Box other = Polygon.enclosing(outline);
        return Math.abs(other.x() - box.x()) <= SAME_BOX
                && Math.abs(other.y() - box.y()) <= SAME_BOX
                && Math.abs(other.x2() - box.x2()) <= SAME_BOX
                && Math.abs(other.y2() - box.y2()) <= SAME_BOX;
    }
}
