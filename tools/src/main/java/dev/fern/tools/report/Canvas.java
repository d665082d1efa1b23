package dev.fern.tools.report;

/**
 * A surface to draw on. {@link SvgCanvas} writes SVG for pages, {@link ImageCanvas} draws pixels
 * for PNG files, so that one description of a plot serves both.
 *
 * <p>Coordinates and lengths are in units of the surface, from its upper left corner, x to the
 * right and y downward. Colours are {@code #rrggbb}, or {@code #rrggbbaa} where what lies below
 * shows through. A hint is shown while the pointer rests on the shape, where the surface can do
 * that; an empty one is none.
 */
interface Canvas {

    /** Draws a straight line. */
    void line(double x1, double y1, double x2, double y2, Stroke stroke);

    /**
     * Draws a line through points.
     *
     * @param xs at least one
     * @param ys as many
     */
    void curve(double[] xs, double[] ys, Stroke stroke, String hint);

    /** Draws a filled circle around a point. */
    void circle(double x, double y, double radius, String color, String hint);

    /**
     * Draws a filled rectangle.
     *
     * @param x left edge
     * @param y upper edge
     */
    void rectangle(double x, double y, double width, double height, String color, String hint);

    /**
     * Writes a line of text.
     *
     * @param x where the text starts, has its middle or ends, as the style says
     * @param y of the line that the letters stand on
     */
    void text(double x, double y, TextStyle style, String text);

    /** How a line is drawn. */
    record Stroke(String color, double width, boolean dashed) {

        /** Returns an unbroken line. */
        static Stroke of(String color, double width) {
            return new Stroke(color, width, false);
        }
    }

    /** Which part of a text lies at its x. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    /**
     * How a text is written.
     *
     * @param size height of the letters in units of the surface; 0 for the surface's own
     * @param color empty for the surface's own
     * @param turn clockwise around the text's point, in degrees
     */
    record TextStyle(Anchor anchor, double size, String color, boolean bold, double turn) {

        static final TextStyle START = new TextStyle(Anchor.START, 0, "", false, 0);
        static final TextStyle MIDDLE = new TextStyle(Anchor.MIDDLE, 0, "", false, 0);
        static final TextStyle END = new TextStyle(Anchor.END, 0, "", false, 0);

        TextStyle sized(double newSize) {
            return new TextStyle(anchor, newSize, color, bold, turn);
        }

        TextStyle colored(String newColor) {
            return new TextStyle(anchor, size, newColor, bold, turn);
        }

        TextStyle inBold() {
            return new TextStyle(anchor, size, color, true, turn);
        }

        TextStyle turned(double degrees) {
            return new TextStyle(anchor, size, color, bold, degrees);
        }
    }
}
