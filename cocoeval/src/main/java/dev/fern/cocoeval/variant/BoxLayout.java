package dev.fern.cocoeval.variant;

import java.util.Optional;

/**
 * Tells by many boxes together whether they are x, y, width and height in pixels, as COCO's are.
 */
public final class BoxLayout {
    /** In pixels; rounding puts COCO's own boxes over the edge by fractions. */
    private static final double TOLERANCE = 1;

    /** An image this small, in pixels, may have real boxes of single pixels. */
    private static final int TINY = 4;

    /** Of the boxes that fit another layout, if that is to be the layout of all. */
    private static final double NEARLY_ALL = 0.95;

    /** Of the boxes that reach outside their images, if something must be wrong with all. */
    private static final double MANY = 0.2;

    private long boxes;
    private long sized;
    private long fractions;
    private long outside;
    private long corners;

    /** Starts without boxes. */
    public BoxLayout() {}

    /**
     * Adds a box.
     *
     * @param x first number, taken for the left edge in pixels
     * @param y second number, taken for the upper edge in pixels
     * @param width third number, taken for the width in pixels
     * @param height fourth number, taken for the height in pixels
     * @param imageWidth width of its image in pixels, 0 if it is not known
     * @param imageHeight height of its image in pixels, 0 if it is not known
     */
    public void add(
            double x, double y, double width, double height, int imageWidth, int imageHeight) {
        boolean isSized = imageWidth > 0 && imageHeight > 0;
        boxes++;
        if (x >= 0
                && x <= 1
                && y >= 0
                && y <= 1
                && width > 0
                && width <= 1
                && height > 0
                && height <= 1
                && !(isSized && Math.max(imageWidth, imageHeight) <= TINY)) {
            fractions++;
        }
        if (!isSized) {
            return;
        }
        sized++;
        double right = imageWidth + TOLERANCE;
        double bottom = imageHeight + TOLERANCE;
        if (x < -TOLERANCE || y < -TOLERANCE || x + width > right || y + height > bottom) {
            outside++;
        }
        if (x >= -TOLERANCE
                && y >= -TOLERANCE
                && width > x
                && height > y
                && width <= right
                && height <= bottom) {
            corners++;
        }
    }

    /**
     * Judges the boxes.
     *
     * @return what seems to be wrong, such as "18 of 18 boxes lie within one pixel: ..."; empty if
     *     the boxes may well be x, y, width and height in pixels
     */
    public Optional<String> problem() {
        if (boxes > 0 && fractions >= NEARLY_ALL * boxes) {
            return Optional.of(
                    fractions
                            + " of "
                            + boxes
                            + " boxes lie within the first pixel of their image; they seem to be"
                            + " fractions of it, where bbox is x, y, width, height in pixels");
        }
        if (sized == 0 || outside < MANY * sized) {
            return Optional.empty();
        }
        String reach = outside + " of " + sized + " boxes reach outside their image; ";
        return Optional.of(
                corners >= NEARLY_ALL * sized
                        ? reach
                                + "they seem to be x1, y1, x2, y2, where bbox is x, y, width, height"
                        : reach
                                + "bbox is x and y of the upper left corner, width, height in pixels");
    }
}
