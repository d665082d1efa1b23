package dev.fern.tools.report;

import java.util.List;

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

    private Palette() {}

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
