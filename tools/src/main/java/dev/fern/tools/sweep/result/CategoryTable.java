package dev.fern.tools.sweep.result;

import static dev.fern.tools.report.HtmlText.difference;
import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The first norm's AP of each category, and how far the others are from it, as HTML. */
final class CategoryTable {

    /** Most rows; nobody would look at more, and the JSON has all. */
    private static final int MOST_CATEGORIES = 30;

    private final String first;
    private final List<NormComparison> comparisons;

    /**
     * Takes what was compared.
     *
     * @param first the norm that others are compared with
     */
    CategoryTable(String first, List<NormComparison> comparisons) {
        this.first = first;
        this.comparisons = comparisons;
    }

    /** Returns whether there is nothing to show. */
    boolean isEmpty() {
        return comparisons.isEmpty() || rows(comparisons).isEmpty();
    }

    /** Returns a table for each batch size. */
    String html() {
        StringBuilder html = new StringBuilder();
        for (int batchSize :
                comparisons.stream().map(NormComparison::batchSize).distinct().toList()) {
            List<NormComparison> columns =
                    comparisons.stream().filter(c -> c.batchSize() == batchSize).toList();
            html.append("<h3>Batch size ").append(batchSize).append("</h3>").append(table(columns));
        }
        return html.toString();
    }

    private String table(List<NormComparison> columns) {
        StringBuilder table = new StringBuilder("<table><thead><tr><th>category");
        for (NormComparison column : columns) {
            table.append("<th class=\"group\">")
                    .append(escape(first))
                    .append("<th>")
                    .append(escape(column.norm()))
                    .append("<th>difference<th>95% interval");
        }
        table.append("</thead><tbody>");
        for (int k : rows(columns)) {
            table.append("<tr><td>").append(escape(categories(columns.get(0)).get(k).name()));
            for (NormComparison column : columns) {
                Difference ap = ap(column, k);
                table.append("<td class=\"group\">").append(score(ap.a()));
                table.append("<td>").append(score(ap.b())).append(cells(ap));
            }
        }
        return table + "</tbody></table>";
    }

    /** Returns two cells of a table: the difference and its interval. */
    static String cells(Difference d) {
        if (Double.isNaN(d.difference()) || d.resamples() == 0) {
            return "<td>–<td>–";
        }
        String kind = d.low() > 0 ? "better" : d.high() < 0 ? "worse" : "open";
        return String.format(
                "<td class=\"%s\">%s<td class=\"note\">%s to %s",
                kind, difference(d.difference()), difference(d.low()), difference(d.high()));
    }

    /** Returns the places of the categories that differ most in any column, in rising order. */
    private static List<Integer> rows(List<NormComparison> columns) {
        List<Integer> rows = new ArrayList<>();
        for (int k = 0; k < categories(columns.get(0)).size(); k++) {
            if (ap(columns.get(0), k).a() != -1) {
                rows.add(k);
            }
        }
        return rows.stream()
                .sorted(Comparator.comparingDouble(k -> -largest(columns, k)))
                .limit(MOST_CATEGORIES)
                .sorted()
                .toList();
    }

    private static double largest(List<NormComparison> columns, int k) {
        return columns.stream()
                .mapToDouble(column -> Math.abs(ap(column, k).difference()))
                .max()
                .orElse(0);
    }

    private static List<NormComparison.Category> categories(NormComparison column) {
        return column.categories();
    }

    private static Difference ap(NormComparison column, int k) {
        return categories(column).get(k).metrics().get(CocoMetric.AP);
    }
}
