package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.sweep.CellOutcome.Environment;
import dev.fern.tools.sweep.SweepResults.NormComparison;
import dev.fern.tools.sweep.SweepResults.Spread;
import java.util.List;
import java.util.Locale;

/** A sweep as a page of Markdown that shows the plots beside it. */
final class SweepMarkdown {

    private final String command;
    private final SweepSettings settings;
    private final SweepResults results;
    private final List<NormComparison> comparisons;
    private final StringBuilder text = new StringBuilder();

    /**
     * Takes what the page is to show.
     *
     * @param command the command line
     */
    SweepMarkdown(
            String command,
            SweepSettings settings,
            SweepResults results,
            List<NormComparison> comparisons) {
        this.command = command;
        this.settings = settings;
        this.results = results;
        this.comparisons = comparisons;
    }

    /**
     * Returns the page.
     *
     * @param plots folder of the plots, as seen from the page
     */
    String text(String plots) {
        text.append("# Accuracy against batch size\n\n```\n").append(command).append("\n```\n\n");
        for (Environment environment : results.environments()) {
            text.append(VisibleText.of(environment.text())).append("\n\n");
        }
        Scaling scaling = settings.scaling();
        text.append(
                String.format(
                        Locale.ROOT,
                        "Learning rate %s at batch size %d, rule %s. Training took %.1f minutes.%n%n",
                        scaling.base().optimization().learningRate(),
                        scaling.base().loop().batchSize(),
                        scaling.rule(),
                        results.minutes()));
        text.append("![AP against batch size](").append(plots).append("/ap.png)\n\n");
        means();
        failures();
        for (int batchSize : results.grid().batchSizes()) {
            for (String plot : List.of("loss", "ap")) {
                text.append(
                        String.format(
                                "![%s, batch size %d](%s/%s-b%d.png)%n%n",
                                plot.equals("ap") ? "AP" : "Loss",
                                batchSize,
                                plots,
                                plot,
                                batchSize));
            }
        }
        return text.toString();
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
        return NormComparison.ap(comparisons, norm, batchSize)
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

    private void failures() {
        if (results.failed().isEmpty()) {
            return;
        }
        text.append("| failed cell | reason |\n|---|---|\n");
        for (CellResult cell : results.failed()) {
            text.append(
                    String.format(
                            "| %s | %s |%n",
                            cell.cell().name(),
                            VisibleText.of(cell.outcome().map(CellOutcome::reason).orElse(""))
                                    .replace("|", "\\|")));
        }
        text.append('\n');
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
    }
}
