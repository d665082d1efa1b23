package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.SweepResults.Spread;
import java.util.Locale;

/** A sweep as a page of Markdown that shows the plots beside it. */
public final class SweepMarkdown {

    private final SweepResults results;
    private final SweepTables tables;
    private final StringBuilder text = new StringBuilder();

    /**
     * Takes what the page is to show.
     *
     * @param results as far as they have come
     */
    public SweepMarkdown(SweepResults results) {
        this.results = results;
        this.tables = new SweepTables(results);
    }

    /**
     * {@return the page}
     *
     * @param plots folder of the plots, as seen from the page
     */
    public String text(String plots) {
        text.append("# Accuracy against batch size\n\n```\n");
        text.append(results.command()).append("\n```\n\n");
        for (Environment environment : results.environments()) {
            text.append(VisibleText.of(environment.text())).append("\n\n");
        }
        text.append(
                String.format(
                        Locale.ROOT,
                        "Learning rate %s at batch size %d, rule %s. Training took %.1f minutes by the"
                                + " clock, added over the cells, and %.1f hours of a core.%n%n",
                        results.baseRate(),
                        results.baseBatchSize(),
                        results.rateRule(),
                        results.minutes(),
                        results.coreHours()));
        image("AP against batch size", plots, "ap");
        means();
        if (!results.comparisons().own().isEmpty()) {
            text.append(tables.intervals().markdown());
        }
        if (results.hasTrials()) {
            text.append("## Learning rates\n\n");
            text.append(
                    String.format(
                            "Chosen by AP on %d validation images; the figures above are of the"
                                    + " others.%n%n",
                            results.tuningImages().size()));
            text.append(tables.choices().markdown());
            for (int batchSize : results.grid().batchSizes()) {
                image("AP by learning rate, batch size " + batchSize, plots, "rate-b" + batchSize);
            }
        }
        if (!results.withoutNumbers().isEmpty()) {
            text.append("## Cells without a result\n\n");
            text.append(tables.withoutNumbers().markdown());
        }
        text.append("## Training curves\n\n");
        for (int batchSize : results.grid().batchSizes()) {
            image("Loss, batch size " + batchSize, plots, "loss-b" + batchSize);
            image("AP, batch size " + batchSize, plots, "ap-b" + batchSize);
        }
        text.append("## Cells\n\n").append(tables.cells().markdown());
        text.append("Each cell by itself:\n\n```\n")
                .append(String.join("\n", tables.commands()))
                .append("\n```\n");
        return text.toString();
    }

    private void image(String title, String plots, String name) {
        text.append(String.format("![%s](%s/%s.png)%n%n", title, plots, name));
    }

    private void means() {
        String first = results.grid().norms().get(0);
        text.append(
                "| batch | norm | seeds | AP | sd | least | most | AP50 | AP75 | difference to ");
        text.append(first)
                .append(
                        " | 95 % interval | p |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (int batchSize : results.grid().batchSizes()) {
            for (String norm : results.grid().norms()) {
                Spread ap = results.spread(norm, batchSize, CocoMetric.AP);
                text.append(
                        String.format(
                                Locale.ROOT,
                                "| %d | %s | %d of %d | %s | %s | %s | %s | %s | %s | %s |%n",
                                batchSize,
                                norm,
                                ap.count(),
                                results.grid().seeds().size(),
                                number(ap.mean()),
                                number(ap.deviation()),
                                number(ap.least()),
                                number(ap.most()),
                                number(results.spread(norm, batchSize, CocoMetric.AP50).mean()),
                                number(results.spread(norm, batchSize, CocoMetric.AP75).mean()),
                                difference(norm, batchSize)));
            }
        }
        text.append('\n');
    }

    private String difference(String norm, int batchSize) {
        return NormComparison.ap(results.comparisons().norms(), norm, batchSize)
                .filter(d -> d.resamples() > 0)
                .map(SweepMarkdown::cells)
                .orElse("| |");
    }

    private static String cells(Difference d) {
        return String.format(
                Locale.ROOT,
                "%+.3f | %+.3f to %+.3f | %.3f",
                d.difference(),
                d.low(),
                d.high(),
                d.pValue());
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
    }
}
