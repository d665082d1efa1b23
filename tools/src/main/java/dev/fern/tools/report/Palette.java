package dev.fern.tools.report;

import java.util.List;
import java.util.Map;

/** The colours of plots, as {@link Canvas} takes them. */
public final class Palette {

    static final String BLUE = "#0072b2";
    static final String VERMILION = "#d55e00";
    static final String GREEN = "#009e73";

    /** Okabe and Ito's palette, which colour-blind readers can tell apart. */
    public static final List<String> SERIES =
            List.of(BLUE, VERMILION, GREEN, "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00");

    /** For curves that sum up others. */
    static final String DARK = "#333333";

    static final String TEXT = "#3a4754";
    static final String MUTED = "#64707d";
    static final String GRID = "#e2e7ec";

    /** For curves that many others of the kind lie beside. */
    static final String FAINT = "#c3ccd6";

    /** Behind counts: deeper for a larger share. */
    static final String HEAT = "#08458a";

    /** Of intervals that do not decide anything. */
    static final String INTERVAL = "#a9b4bf";

    static final String INK = "#1f2933";

    /** Colours that would be lost on a dark screen, by their names in the pages' style sheet. */
    private static final Map<String, String> VARIABLES =
            Map.ofEntries(
                    Map.entry(BLUE, "blue"),
                    Map.entry("#7a5c00", "brown"),
                    Map.entry("#56b4e9", "sky"),
                    Map.entry(DARK, "strong"),
                    Map.entry(TEXT, "text"),
                    Map.entry(MUTED, "muted"),
                    Map.entry(GRID, "edge"),
                    Map.entry(FAINT, "faint"),
                    Map.entry(HEAT, "heat"),
                    Map.entry(INTERVAL, "interval"),
                    Map.entry(INK, "ink"));

    private Palette() {}

    /**
     * Returns a colour as a page's style takes it, so that dark screens show another where they
     * must.
     *
     * @param color {@code #rrggbb}
     * @return a value of CSS
     */
    public static String css(String color) {
        String variable = VARIABLES.get(color);
        return variable == null ? color : "var(--" + variable + ", " + color + ")";
    }

    /**
     * Returns a colour that lets what is below it show.
     *
     * @param color {@code #rrggbb}
     * @param opacity 0 (invisible) to 255
     * @return {@code #rrggbbaa}
     */
    public static String faint(String color, int opacity) {
        return String.format("%s%02x", color, opacity);
    }
}
