package dev.fern.tools.sweep;

import dev.fern.tools.report.ChartStyle;
import java.awt.Color;
import java.util.List;
import java.util.Locale;

/**
 * One colour for each norm in all of a report.
 *
 * @param norms in the sweep's order
 */
record NormColors(List<String> norms) {

    Color of(String norm) {
        return ChartStyle.PALETTE.get(norms.indexOf(norm) % ChartStyle.PALETTE.size());
    }

    /** The colour that lets what is below it show. */
    Color faint(String norm, int alpha) {
        Color color = of(norm);
        return new Color(color.getRed(), color.getGreen(), color.getBlue(), alpha);
    }

    /** The colour as CSS writes it. */
    String css(String norm) {
        return String.format(Locale.ROOT, "#%06x", of(norm).getRGB() & 0xffffff);
    }
}
