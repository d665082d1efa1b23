package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.analysis.ConfusionMatrix;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A confusion matrix in shades of blue, each row by its own total. */
final class ConfusionHeatMap {
    /** More would not be legible; those with the most mistakes are shown. */
    private static final int MOST_CATEGORIES = 20;

    private static final int LABEL = 130;
    private static final int TOP = 26;
    private static final int SIZE = 460;
    private static final int LONGEST_NAME = 18;

    private final ConfusionMatrix matrix;
    private final int[] totals;
    private final List<Integer> shown;
    private final int[][] counts;
    private final double cell;

    ConfusionHeatMap(ConfusionMatrix matrix) {
        this.matrix = matrix;
        int background = matrix.categories().size();
        totals = new int[background + 1];
        int[] mistakes = new int[background + 1];
        for (ConfusionMatrix.Cell cell : matrix.cells()) {
            totals[cell.row()] += cell.count();
            if (cell.row() != cell.column()) {
                mistakes[cell.row()] += cell.count();
                mistakes[cell.column()] += cell.count();
            }
        }
        List<Integer> worst =
                IntStream.range(0, background)
                        .boxed()
                        .sorted(Comparator.comparingInt((Integer k) -> -mistakes[k]))
                        .limit(MOST_CATEGORIES)
                        .sorted()
                        .toList();
        shown = Stream.concat(worst.stream(), Stream.of(background)).toList();
        cell = (double) SIZE / shown.size();
        counts = new int[shown.size()][shown.size()];
        for (ConfusionMatrix.Cell cell : matrix.cells()) {
            int row = Collections.binarySearch(shown, cell.row());
            int column = Collections.binarySearch(shown, cell.column());
            if (row >= 0 && column >= 0) {
                counts[row][column] = cell.count();
            }
        }
    }

    /** Of how many categories some are not shown, or 0. */
    int hidden() {
        return matrix.categories().size() + 1 - shown.size();
    }

    String svg() {
        int labelHeight = LABEL - 20;
        StringBuilder svg =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "<svg class=\"plot wide\" viewBox=\"0 0 %d %d\" role=\"img\""
                                        + " aria-label=\"confusion matrix\">",
                                LABEL + SIZE + 30,
                                TOP + SIZE + labelHeight));
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"14\" text-anchor=\"middle\" class=\"note\">rows:"
                                + " labels; columns: detections</text>",
                        LABEL + SIZE / 2));
        for (int row = 0; row < shown.size(); row++) {
            double middle = (row + 0.5) * cell;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%s</text>",
                            LABEL - 8,
                            coordinate(TOP + middle + 4),
                            name(shown.get(row))));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text transform=\"translate(%s %d) rotate(-40)\""
                                    + " text-anchor=\"end\">%s</text>",
                            coordinate(LABEL + middle + 4),
                            TOP + SIZE + 16,
                            name(shown.get(row))));
            int total = totals[shown.get(row)];
            for (int column = 0; column < shown.size(); column++) {
                appendCell(svg, row, column, total);
            }
        }
        return svg + "</svg>";
    }

    private void appendCell(StringBuilder svg, int row, int column, int total) {
        int count = counts[row][column];
        double share = total == 0 ? 0 : (double) count / total;
        double x = LABEL + column * cell;
        double y = TOP + row * cell;
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\">"
                                + "<title>%s as %s: %d (%.1f %%)</title></rect>",
                        coordinate(x + 0.5),
                        coordinate(y + 0.5),
                        coordinate(cell - 1),
                        coordinate(cell - 1),
                        shade(share),
                        fullName(shown.get(row)),
                        fullName(shown.get(column)),
                        count,
                        100 * share));
        if (count > 0) {
            double size =
                    Math.min(14, cell / (0.65 * Math.max(2, Integer.toString(count).length())));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" pointer-events=\"none\""
                                    + " style=\"font-size:%spx;fill:%s\">%d</text>",
                            coordinate(x + cell / 2),
                            coordinate(y + cell / 2 + size / 3),
                            coordinate(size),
                            share > 0.55 ? "#fff" : "#1f2933",
                            count));
        }
    }

    /** From white to dark blue; the square root lets rare confusions show. */
    private static String shade(double share) {
        double depth = Math.sqrt(share);
        return String.format(
                Locale.ROOT,
                "rgb(%d,%d,%d)",
                Math.round(246 - depth * (246 - 8)),
                Math.round(248 - depth * (248 - 69)),
                Math.round(251 - depth * (251 - 138)));
    }

    private String fullName(int category) {
        return category == matrix.categories().size()
                ? "background"
                : escape(matrix.categories().get(category).name());
    }

    private String name(int category) {
        if (category == matrix.categories().size()) {
            return "<tspan class=\"note\">background</tspan>";
        }
        String name = matrix.categories().get(category).name();
        return escape(
                name.codePointCount(0, name.length()) <= LONGEST_NAME
                        ? name
                        : name.substring(0, name.offsetByCodePoints(0, LONGEST_NAME - 1)) + "…");
    }
}
