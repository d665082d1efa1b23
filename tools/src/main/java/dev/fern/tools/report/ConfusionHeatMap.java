package dev.fern.tools.report;

import dev.fern.cocoeval.analysis.ConfusionMatrix;
import dev.fern.tools.report.Canvas.TextStyle;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A confusion matrix in shades of blue, which show each cell's share of its row. */
final class ConfusionHeatMap {
    /** More would not be legible; those with the most mistakes are shown. */
    private static final int MOST_CATEGORIES = 20;

    /** Larger ones scroll in their box. */
    private static final int FITS_A_PHONE = 9;

    private static final int LABEL = 130;
    private static final int TOP = 26;
    private static final int SIZE = 460;
    private static final int LONGEST_NAME = 18;

    private final ConfusionMatrix matrix;
    private final int[] totals;
    private final List<Integer> shown;
    private final int[][] counts;
    private final double cell;

    /** Takes the categories with the most mistakes, and the background. */
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

    /** Returns how many categories are not shown. */
    int hidden() {
        return matrix.categories().size() + 1 - shown.size();
    }

    /** Returns the matrix as an element of a page. */
    String svg() {
        SvgCanvas canvas =
                new SvgCanvas(
                        counts.length > FITS_A_PHONE ? "plot wide matrix" : "plot wide",
                        LABEL + SIZE + 30,
                        TOP + SIZE + LABEL - 20,
                        "confusion matrix");
        canvas.text(
                LABEL + SIZE / 2.0,
                14,
                TextStyle.MIDDLE.sized(13).colored(Palette.MUTED),
                "rows: labels; columns: detections");
        for (int row = 0; row < shown.size(); row++) {
            double middle = (row + 0.5) * cell;
            boolean isBackground = shown.get(row) == matrix.categories().size();
            TextStyle style =
                    isBackground ? TextStyle.END.sized(13).colored(Palette.MUTED) : TextStyle.END;
            String name = shortened(name(shown.get(row)));
            canvas.text(LABEL - 8, TOP + middle + 4, style, name);
            canvas.text(LABEL + middle + 4, TOP + SIZE + 16, style.turned(-40), name);
            for (int column = 0; column < shown.size(); column++) {
                drawCell(canvas, row, column);
            }
        }
        return "<div class=\"wide-table\">" + canvas.svg() + "</div>";
    }

    private void drawCell(Canvas canvas, int row, int column) {
        int count = counts[row][column];
        int total = totals[shown.get(row)];
        double share = total == 0 ? 0 : (double) count / total;
        double x = LABEL + column * cell;
        double y = TOP + row * cell;
        // The square root lets rare confusions show.
        canvas.rectangle(
                x + 0.5,
                y + 0.5,
                cell - 1,
                cell - 1,
                Palette.faint(Palette.HEAT, (int) Math.round(4 + 251 * Math.sqrt(share))),
                String.format(
                        Locale.ROOT,
                        "%s as %s: %d (%.1f %%)",
                        name(shown.get(row)),
                        name(shown.get(column)),
                        count,
                        100 * share));
        if (count > 0) {
            double size =
                    Math.min(14, cell / (0.65 * Math.max(2, Integer.toString(count).length())));
            canvas.text(
                    x + cell / 2,
                    y + cell / 2 + size / 3,
                    TextStyle.MIDDLE.sized(size).colored(share > 0.4 ? "#ffffff" : Palette.INK),
                    Integer.toString(count));
        }
    }

    private String name(int category) {
        return category == matrix.categories().size()
                ? "background"
                : matrix.categories().get(category).name();
    }

    private static String shortened(String name) {
        return name.codePointCount(0, name.length()) <= LONGEST_NAME
                ? name
                : name.substring(0, name.offsetByCodePoints(0, LONGEST_NAME - 1)) + "…";
    }
}
