package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.tools.sweep.result.SweepResults.Spread;
import java.util.Locale;

/**
 * The means over the seeds at the chosen rates and the differences to the first norm, as text for a
 * terminal.
 */
public final class MeansTable {

    private final SweepResults results;

    /**
     * Takes the results.
     *
     * @param results as far as they have come
     */
    public MeansTable(SweepResults results) {
        this.results = results;
    }

    /** {@return a heading and one line for each norm at each batch size} */
    public String text() {
        Grid grid = results.grid();
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%-6s%-14s%10s%6s%8s%8s%8s%9s   %s%n",
                        "batch",
                        "norm",
                        "rate",
                        "seeds",
                        "AP",
                        "sd",
                        "AP50",
                        "- " + grid.norms().get(0),
                        "95% interval"));
        for (int batchSize : grid.batchSizes()) {
            for (String norm : grid.norms()) {
                Spread ap = results.spread(norm, batchSize, CocoMetric.AP);
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%-6d%-14s%10s%6s%8s%8s%8s%s%n",
                                batchSize,
                                norm,
                                results.choice(norm, batchSize)
                                        .rate()
                                        .map(rate -> "x " + Grid.text(rate))
                                        .orElse("-"),
                                ap.count() + "/" + grid.seeds().size(),
                                number(ap.mean()),
                                number(ap.deviation()),
                                number(results.spread(norm, batchSize, CocoMetric.AP50).mean()),
                                difference(norm, batchSize)));
            }
        }
        return text.toString();
    }

    private String difference(String norm, int batchSize) {
        return NormComparison.ap(results.comparisons().norms(), norm, batchSize)
                .filter(d -> d.resamples() > 0)
                .map(
                        d ->
                                String.format(
                                        Locale.ROOT,
                                        "%+9.3f   [%+.3f, %+.3f]",
                                        d.difference(),
                                        d.low(),
                                        d.high()))
                .orElse("");
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
    }
}
