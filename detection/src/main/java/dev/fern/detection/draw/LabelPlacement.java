package dev.fern.detection.draw;

import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds places for the labels of boxes in a picture: beside or in the box, where the label covers
 * no other label and hides neither a neighbouring box nor its own. Where boxes crowd so much that
 * there is no such place, a label has none. Lengths are in pixels of the picture. Not for several
 * threads at once.
 */
public final class LabelPlacement {

    /** A label may share this much of its area with another one. */
    private static final double BEARABLE_OVERLAP = 0.05;

    /** A label may hide this part of another box, and of its own. */
    private static final double HIDDEN_PART = 0.3;

    private static final double HIDDEN_PART_OF_OWN = 0.5;

    /** Labels together cover at most this part of the picture, so that it stays visible. */
    private static final double LABELLED_PART = 0.25;

    /** What an earlier place in the order of places is worth, in parts of a hidden box. */
    private static final double PREFERENCE = 0.01;

    private final Rectangle2D picture;
    private final List<Rectangle2D> boxes;
    private final List<Rectangle2D> taken = new ArrayList<>();
    private double covered;

    /**
     * Begins with a picture without labels.
     *
     * @param width of the picture
     * @param height of the picture
     * @param boxes all boxes that are drawn in it
     */
    public LabelPlacement(double width, double height, List<? extends Rectangle2D> boxes) {
        picture = new Rectangle2D.Double(0, 0, width, height);
        this.boxes = List.copyOf(boxes);
    }

    /**
     * Takes the best place that is left.
     *
     * @param box one of the boxes of the picture
     * @param width of the label
     * @param height of the label
     * @return where the label goes; nothing where it would hide too much
     */
    public Optional<Rectangle2D> place(Rectangle2D box, double width, double height) {
        if (covered + width * height > LABELLED_PART * area(picture)) {
            return Optional.empty();
        }
        double left = box.getMinX();
        double right = box.getMaxX() - width;
        double above = box.getMinY() - height;
        double below = box.getMaxY();
        double[][] corners = {
            {left, above},
            {right, above},
            {left, below},
            {right, below},
            {left, box.getMinY()},
            {right, box.getMinY()},
            {left, below - height},
            {right, below - height},
            {box.getMaxX(), box.getMinY()},
            {left - width, box.getMinY()},
        };
        Rectangle2D best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < corners.length; i++) {
            Rectangle2D candidate =
                    new Rectangle2D.Double(
                            within(corners[i][0], picture.getWidth() - width),
                            within(corners[i][1], picture.getHeight() - height),
                            width,
                            height);
            double cost = hidden(candidate, box) + PREFERENCE * i;
            if (cost < least) {
                best = candidate;
                least = cost;
            }
        }
        if (best != null) {
            taken.add(best);
            covered += area(best);
        }
        return Optional.ofNullable(best);
    }

    private static double within(double position, double most) {
        return Math.max(0, Math.min(position, most));
    }

    /** Returns the parts of boxes that a label hides; infinity where that is too much. */
    private double hidden(Rectangle2D label, Rectangle2D own) {
        if (!picture.contains(label)
                || taken.stream().anyMatch(other -> shared(label, other) > BEARABLE_OVERLAP)) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        for (Rectangle2D box : boxes) {
            double part = common(label, box) / Math.max(1, area(box));
            double most = box.equals(own) ? HIDDEN_PART_OF_OWN : HIDDEN_PART;
            if (part > most) {
                return Double.POSITIVE_INFINITY;
            }
            sum += part;
        }
        return sum;
    }

    /** Returns the part of the smaller rectangle's area that lies within the other. */
    private static double shared(Rectangle2D a, Rectangle2D b) {
        return common(a, b) / Math.min(area(a), area(b));
    }

    private static double common(Rectangle2D a, Rectangle2D b) {
        Rectangle2D common = a.createIntersection(b);
        return common.isEmpty() ? 0 : area(common);
    }

    private static double area(Rectangle2D rectangle) {
        return rectangle.getWidth() * rectangle.getHeight();
    }
}
