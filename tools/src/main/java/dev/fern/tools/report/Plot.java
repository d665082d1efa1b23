package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.tools.report.Canvas.Stroke;
import dev.fern.tools.report.Canvas.TextStyle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Curves, points and bars over two axes, with a legend: for a page as SVG with the legend in HTML,
 * for a file as PNG. Coordinates are those of the axes. What was added later lies over what was
 * added before.
 */
public final class Plot {

    /** Width of a line that matters. */
    public static final double LINE = 2.2;

    /** Width of one among many lines. */
    public static final double THIN_LINE = 0.8;

    /** How much room a plot takes on a page. The letters are equally large in all sizes. */
    public enum Size {
        /** Half the width of the page. */
        LANDSCAPE(460, 320, "plot"),
        /** Half the width of the page, and axes of the same length. */
        SQUARE(460, 442, "plot"),
        /** The width of the page; on a phone that of {@link #LANDSCAPE}. */
        WIDE(720, 400, "plot wide broad");

        private final int width;
        private final int height;
        private final String style;

        Size(int width, int height, String style) {
            this.width = width;
            this.height = height;
            this.style = style;
        }
    }

    /** Says that this machine has no font with which Java can write the texts of a PNG file. */
    public static final class NoFontsException extends Exception {

        private static final long serialVersionUID = 1L;

        private NoFontsException(Throwable cause) {
            super("Java finds no fonts; install fontconfig and a font", cause);
        }
    }

    private static final double LEFT = 60;
    private static final double RIGHT = 16;
    private static final double TOP = 12;
    private static final double BOTTOM = 46;
    private static final double LABEL_ROW = 15;
    private static final double TITLE_COLUMN = 20;
    private static final double TICK_GAP = 8;

    /** Of the letters of a phone, which are the widest. */
    private static final double LETTER_WIDTH = 8;

    private static final double POINT_RADIUS = 3.2;
    private static final double ERROR_BAR_END = 4;

    /** Pixels per unit of {@link Size#WIDE}, which makes a PNG file of 900 x 500 pixels. */
    private static final double PNG_SCALE = 1.25;

    private static final double TITLE_SIZE = 15;
    private static final double TITLE_ROW = 24;
    private static final double LEGEND_ROW = 19;
    private static final double SAMPLE_WIDTH = 18;
    private static final double LEGEND_GAP = 20;

    private final Axis xAxis;
    private final Axis yAxis;
    private final List<Mark> marks = new ArrayList<>();
    private final List<Entry> legend = new ArrayList<>();

    @FunctionalInterface
    private interface Mark {
        void draw(Canvas canvas, Frame frame);
    }

    /** What a colour stands for; a note has none. */
    private record Entry(String color, String name, String value) {

        String text() {
            return (name + " " + value).strip();
        }
    }

    /** Where the axes lie on a canvas. */
    private record Frame(
            Axis xAxis, Axis yAxis, double left, double right, double top, double bottom) {

        double x(double value) {
            return left + value / xAxis.most() * (right - left);
        }

        double y(double value) {
            return bottom - value / yAxis.most() * (bottom - top);
        }
    }

    /**
     * Makes a plot that shows its axes alone.
     *
     * @param xAxis to the right
     * @param yAxis upward
     */
    public Plot(Axis xAxis, Axis yAxis) {
        this.xAxis = xAxis;
        this.yAxis = yAxis;
    }

    /**
     * Adds a curve. Values that are not finite are left out; values above the plot are drawn at its
     * upper edge.
     *
     * @param xs in rising order
     * @param ys one for each of {@code xs}
     * @param color {@code #rrggbb} or {@code #rrggbbaa}
     * @param width of the line, in units of which a page is about 940 wide
     * @param hint text that a page shows while the pointer rests on the curve; empty for none
     */
    public void curve(double[] xs, double[] ys, String color, double width, String hint) {
        int[] shown = IntStream.range(0, xs.length).filter(i -> Double.isFinite(ys[i])).toArray();
        if (shown.length > 0) {
            marks.add(
                    (canvas, frame) ->
                            canvas.curve(
                                    IntStream.of(shown).mapToDouble(i -> frame.x(xs[i])).toArray(),
                                    IntStream.of(shown)
                                            .mapToDouble(i -> frame.y(clipped(ys[i])))
                                            .toArray(),
                                    Stroke.of(color, width),
                                    hint));
        }
    }

    /**
     * Adds a point. A point above the plot is drawn at its upper edge.
     *
     * @param x its place on the x axis
     * @param y its place on the y axis
     * @param color {@code #rrggbb} or {@code #rrggbbaa}
     * @param hint text that a page shows while the pointer rests on the point; empty for none
     */
    public void point(double x, double y, String color, String hint) {
        marks.add(
                (canvas, frame) ->
                        canvas.circle(frame.x(x), frame.y(clipped(y)), POINT_RADIUS, color, hint));
    }

    /**
     * Adds an upright line that has a short line across each end. What lies outside the plot is cut
     * off.
     *
     * @param x its place on the x axis
     * @param low its lower end on the y axis
     * @param high its upper end on the y axis
     * @param color {@code #rrggbb} or {@code #rrggbbaa}
     */
    public void errorBar(double x, double low, double high, String color) {
        Stroke stroke = Stroke.of(color, LINE / 2);
        marks.add(
                (canvas, frame) -> {
                    double middle = frame.x(x);
                    double bottom = frame.y(Math.max(0, low));
                    double top = frame.y(clipped(high));
                    canvas.line(middle, bottom, middle, top, stroke);
                    for (double end : new double[] {bottom, top}) {
                        canvas.line(
                                middle - ERROR_BAR_END, end, middle + ERROR_BAR_END, end, stroke);
                    }
                });
    }

    /** Adds a bar that stands on the x axis; colour and hint are as in {@link #curve}. */
    void bar(double x1, double x2, double y, String color, String hint) {
        marks.add(
                (canvas, frame) ->
                        canvas.rectangle(
                                frame.x(x1) + 1,
                                frame.y(y),
                                frame.x(x2) - frame.x(x1) - 2,
                                frame.y(0) - frame.y(y),
                                color,
                                hint));
    }

    /** Adds a straight line. */
    void segment(double x1, double y1, double x2, double y2, Stroke stroke) {
        marks.add(
                (canvas, frame) ->
                        canvas.line(frame.x(x1), frame.y(y1), frame.x(x2), frame.y(y2), stroke));
    }

    private double clipped(double y) {
        return Math.min(y, yAxis.most());
    }

    /**
     * Says in the legend what a colour stands for.
     *
     * @param color {@code #rrggbb} or {@code #rrggbbaa}
     * @param name what has this colour
     * @param value a number that belongs to it, which a page shows in bold; may be empty
     */
    public void legend(String color, String name, String value) {
        legend.add(new Entry(color, name, value));
    }

    /** Adds a text to the legend. */
    void note(String text) {
        legend.add(new Entry("", text, ""));
    }

    /**
     * Returns the plot and its legend as elements of a page.
     *
     * @param size the room it takes
     * @return HTML with an {@code svg} element; the page's style sheet is {@link HtmlPage}'s
     */
    public String html(Size size) {
        StringBuilder html = new StringBuilder(svg(size, size.style));
        if (size == Size.WIDE) {
            html.append(svg(Size.LANDSCAPE, "plot narrow"));
        }
        if (!legend.isEmpty()) {
            html.append("<ul class=\"legend\">");
            legend.forEach(entry -> html.append(html(entry)));
            html.append("</ul>");
        }
        return html.toString();
    }

    private String svg(Size size, String style) {
        SvgCanvas canvas =
                new SvgCanvas(
                        style, size.width, size.height, yAxis.title() + " by " + xAxis.title());
        draw(canvas, size.width, TOP, size.height);
        return canvas.svg();
    }

    private static String html(Entry entry) {
        return String.format(
                Locale.ROOT,
                "<li>%s%s%s</li>",
                entry.color.isEmpty()
                        ? ""
                        : "<i style=\"background:" + Palette.css(entry.color) + "\"></i>",
                escape(entry.name),
                entry.value.isEmpty() ? "" : " <b>" + escape(entry.value) + "</b>");
    }

    /**
     * Returns the plot with title and legend as a PNG file's bytes, 900 pixels wide and 500 high.
     *
     * @param title a line above the plot
     * @return the whole file
     * @throws NoFontsException if Java finds no fonts on this machine
     */
    public byte[] png(String title) throws NoFontsException {
        try {
            return drawn(title).png();
        } catch (InternalError | NoClassDefFoundError | UnsatisfiedLinkError e) {
            throw new NoFontsException(e);
        }
    }

    private ImageCanvas drawn(String title) {
        int width = Size.WIDE.width;
        int height = Size.WIDE.height;
        ImageCanvas canvas = new ImageCanvas(width, height, PNG_SCALE);
        canvas.text(
                (LEFT + width - RIGHT) / 2,
                TOP + TITLE_SIZE / 2,
                TextStyle.MIDDLE.sized(TITLE_SIZE).inBold(),
                title);
        double widest =
                legend.stream().mapToDouble(e -> canvas.textWidth(e.text())).max().orElse(0);
        double columnWidth = SAMPLE_WIDTH + widest + LEGEND_GAP;
        int columns = (int) Math.max(1, Math.min(legend.size(), width / columnWidth));
        int rows = (legend.size() + columns - 1) / columns;
        double bottom = height - rows * LEGEND_ROW;
        draw(canvas, width, TITLE_ROW + TOP / 2, bottom);
        for (int i = 0; i < legend.size(); i++) {
            Entry entry = legend.get(i);
            double left = (width - columns * columnWidth + LEGEND_GAP) / 2;
            double x = left + i % columns * columnWidth;
            double y = bottom + (i / columns + 0.5) * LEGEND_ROW;
            if (!entry.color.isEmpty()) {
                canvas.line(x, y - 4, x + SAMPLE_WIDTH - 6, y - 4, Stroke.of(entry.color, 3));
            }
            canvas.text(x + SAMPLE_WIDTH, y, TextStyle.START, entry.text());
        }
        return canvas;
    }

    /**
     * Writes the plot with title and legend as a PNG file of 900 x 500 pixels, whole or not at all.
     *
     * @param file to write; one that is there is replaced
     * @param title a line above the plot
     * @throws IOException if the file can't be written
     * @throws NoFontsException if Java finds no fonts on this machine
     */
    public void writePng(Path file, String title) throws IOException, NoFontsException {
        AtomicFile.write(file, png(title));
    }

    /** Draws axes and marks between two heights of a canvas, titles and labels included. */
    private void draw(Canvas canvas, double width, double top, double bottom) {
        boolean twoRows = xAxis.ticks().stream().anyMatch(tick -> !tick.below().isEmpty());
        double belowAxis = BOTTOM + (twoRows ? LABEL_ROW : 0);
        int longest =
                yAxis.ticks().stream().mapToInt(tick -> tick.label().length()).max().orElse(0);
        // The title of the axis stands beside the longest label, not on it.
        double left = Math.max(LEFT, TITLE_COLUMN + longest * LETTER_WIDTH + TICK_GAP);
        Frame frame = new Frame(xAxis, yAxis, left, width - RIGHT, top, bottom - belowAxis);
        Stroke grid = Stroke.of(Palette.GRID, 1);
        for (Axis.Tick tick : yAxis.ticks()) {
            double y = frame.y(tick.at());
            canvas.line(frame.left, y, frame.right, y, grid);
            canvas.text(frame.left - TICK_GAP, y + 4, TextStyle.END, tick.label());
        }
        for (Axis.Tick tick : xAxis.ticks()) {
            double x = frame.x(tick.at());
            canvas.line(x, frame.bottom, x, frame.top, grid);
            canvas.text(x, frame.bottom + 18, TextStyle.MIDDLE, tick.label());
            if (!tick.below().isEmpty()) {
                canvas.text(x, frame.bottom + 18 + LABEL_ROW, TextStyle.MIDDLE, tick.below());
            }
        }
        canvas.text((frame.left + frame.right) / 2, bottom - 8, TextStyle.MIDDLE, xAxis.title());
        canvas.text(
                13, (frame.top + frame.bottom) / 2, TextStyle.MIDDLE.turned(-90), yAxis.title());
        marks.forEach(mark -> mark.draw(canvas, frame));
    }
}
