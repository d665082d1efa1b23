package dev.fern.tools.sweep;

import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Comparison.Difference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** AP of each category: the first norm's, and how far the others are from it, as HTML. */
final class CategoryTable {

    /** More would not be looked at; the JSON has all. */
    private static final int MOST_CATEGORIES = 30;

    private final String first;
    private final List<NormComparison> comparisons;

    /**
     * @param first the norm that others are compared with
     */
    CategoryTable(String first, List<NormComparison> comparisons) {
        this.first = first;
        this.comparisons = comparisons;
    }

    /** Whether there is anything to show. */
    boolean isEmpty() {
        return comparisons.isEmpty() || rows(comparisons).isEmpty();
    }

    /** A table for each batch size. */
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
            table.append("<tr><td>")
                    .append(escape(categories(columns.get(0)).get(k).category().name()));
            for (NormComparison column : columns) {
                Difference ap = ap(column, k);
                table.append("<td class=\"group\">").append(score(ap.a()));
                table.append("<td>").append(score(ap.b())).append(cells(ap));
            }
        }
        return table + "</tbody></table>";
    }

    /** The difference and its interval, two cells. */
    static String cells(Difference d) {
        if (Double.isNaN(d.difference()) || d.resamples() == 0) {
            return "<td>&#8211;<td>&#8211;";
        }
        String kind = d.low() > 0 ? "better" : d.high() < 0 ? "worse" : "open";
        return String.format(
                        Locale.ROOT,
                        "<td class=\"%s\">%+.3f<td class=\"note\">%+.3f to %+.3f",
                        kind,
                        d.difference(),
                        d.low(),
                        d.high())
                .replaceAll("-(?=[0-9])", "&#8722;");
    }

    /** The categories that differ most somewhere, in the order of their ids. */
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

    private static List<Comparison.Category> categories(NormComparison column) {
        return column.comparison().categories();
    }

    private static Difference ap(NormComparison column, int k) {
        return categories(column).get(k).metrics().get(CocoMetric.AP);
    }
}
