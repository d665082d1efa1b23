package dev.fern.tools.sweep;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.difference;
import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.report.FindingsPicture;
import dev.fern.tools.report.ForestPlot;
import dev.fern.tools.report.HtmlPage;
import dev.fern.tools.report.Palette;
import dev.fern.tools.report.Plot;
import dev.fern.tools.sweep.CellOutcome.Environment;
import dev.fern.tools.sweep.Grid.Cell;
import dev.fern.tools.sweep.SweepResults.NormComparison;
import dev.fern.tools.sweep.SweepResults.Spread;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A sweep as one HTML page that needs no script, no other file and no network. */
final class SweepReport {

    private final String command;
    private final SweepSettings settings;
    private final SweepResults results;
    private final List<NormComparison> comparisons;
    private final Optional<DetectionStrip> strip;
    private final SweepFigures figures;
    private final HtmlPage page = new HtmlPage("Accuracy against batch size");

    /**
     * Takes what the page is to show.
     *
     * @param command the command line
     * @param strip photographs; empty for none
     */
    SweepReport(
            String command,
            SweepSettings settings,
            SweepResults results,
            List<NormComparison> comparisons,
            Optional<DetectionStrip> strip) {
        this.command = command;
        this.settings = settings;
        this.results = results;
        this.comparisons = comparisons;
        this.strip = strip;
        this.figures = new SweepFigures(results);
    }

    /** Returns the page. */
    String html() throws IOException {
        summary();
        cards();
        page.section(
                "AP against batch size",
                "COCO's AP of the last epoch's model on the validation images. Lines are means over the"
                        + " seeds, points are single seeds, and bars reach one standard deviation of"
                        + " the seeds to each side.",
                figures.averagePrecision().html(Plot.Size.WIDE));
        means();
        differences();
        curves();
        categories();
        if (strip.isPresent() && !strip.get().cells().isEmpty()) {
            pictures(strip.get());
        }
        failures();
        howItWasDone();
        return page.html();
    }

    private void summary() {
        long done = results.cells().stream().filter(CellResult::isDone).count();
        Grid grid = results.grid();
        page.append(
                String.format(
                        Locale.ROOT,
                        "<p class=\"note\">%s norms at %s batch sizes, %s seeds each: %s of %s cells are"
                                + " done%s. Every cell sees the same images equally often; cells of one"
                                + " seed see them in the same order, augmented alike, and start from"
                                + " the same convolutions.</p>\n",
                        grid.norms().size(),
                        grid.batchSizes().size(),
                        grid.seeds().size(),
                        done,
                        results.cells().size(),
                        results.failed().isEmpty()
                                ? ""
                                : ", " + results.failed().size() + " failed"));
    }

    /** Shows how much AP each norm loses from the largest batch to the smallest. */
    private void cards() {
        int smallest = Collections.min(results.grid().batchSizes());
        int largest = Collections.max(results.grid().batchSizes());
        if (smallest == largest) {
            return;
        }
        page.append("<div class=\"cards norms\">");
        for (String norm : results.grid().norms()) {
            Spread at = results.spread(norm, smallest, CocoMetric.AP);
            Spread from = results.spread(norm, largest, CocoMetric.AP);
            page.append(
                    String.format(
                            Locale.ROOT,
                            "<div class=\"card\" style=\"border-top:4px solid %s\"><span>%s: AP at batch"
                                    + " %d, and its difference to batch %d</span><b>%s <small>%s"
                                    + "</small></b></div>",
                            Palette.css(figures.color(norm)),
                            escape(norm),
                            smallest,
                            largest,
                            score(at.mean()),
                            difference(at.mean() - from.mean())));
        }
        page.append("</div>\n");
    }

    private void means() {
        String first = escape(results.grid().norms().get(0));
        StringBuilder table =
                new StringBuilder(
                        "<table><thead><tr><th>batch<th class=\"left\">norm<th>seeds<th>AP<th>sd"
                                + "<th>least<th>most<th>AP50<th>AP75<th class=\"group\">− "
                                + first
                                + "<th>95% interval<th>p</thead><tbody>");
        for (int batchSize : results.grid().batchSizes()) {
            for (String norm : results.grid().norms()) {
                Spread ap = results.spread(norm, batchSize, CocoMetric.AP);
                table.append(
                        String.format(
                                Locale.ROOT,
                                "<tr><td>%d<td class=\"left\"><i class=\"dot\""
                                        + " style=\"background:%s\"></i>%s<td>%d/%d<td><b>%s</b>",
                                batchSize,
                                Palette.css(figures.color(norm)),
                                escape(norm),
                                ap.count(),
                                results.grid().seeds().size(),
                                score(ap.mean())));
                for (double value :
                        new double[] {
                            ap.deviation(),
                            ap.least(),
                            ap.most(),
                            results.spread(norm, batchSize, CocoMetric.AP50).mean(),
                            results.spread(norm, batchSize, CocoMetric.AP75).mean()
                        }) {
                    table.append("<td>").append(score(value));
                }
                table.append(comparison(norm, batchSize));
            }
        }
        page.section(
                "Means over the seeds",
                "sd is the sample standard deviation over the seeds. Differences to "
                        + first
                        + " are over the seeds that both norms have. Their intervals and p-values come"
                        + " from a paired bootstrap, which draws the validation images and the seeds"
                        + " with replacement. With few seeds the intervals are a little too narrow,"
                        + " and nothing is corrected for the number of comparisons. In colour are"
                        + " differences whose interval leaves 0 out.",
                "<div class=\"wide-table\">" + table + "</tbody></table></div>");
    }

    private String comparison(String norm, int batchSize) {
        return NormComparison.ap(comparisons, norm, batchSize)
                .map(
                        ap ->
                                CategoryTable.cells(ap)
                                                .replaceFirst("<td class=\"", "<td class=\"group ")
                                        + "<td>"
                                        + score(ap.pValue()))
                .orElse("<td class=\"group\"><td><td>");
    }

    private void differences() {
        if (comparisons.isEmpty()) {
            return;
        }
        ForestPlot plot = new ForestPlot();
        comparisons.forEach(c -> plot.row(c.norm() + ", batch " + c.batchSize(), c.ap()));
        page.section(
                "Differences in AP",
                "A is " + escape(results.grid().norms().get(0)) + ", B is the norm named.",
                plot.svg());
    }

    private void curves() {
        StringBuilder html = new StringBuilder("<div class=\"pair\">");
        for (int batchSize : results.grid().batchSizes()) {
            html.append(figure("Loss, batch size " + batchSize, figures.loss(batchSize)));
            html.append(figure("AP, batch size " + batchSize, figures.scores(batchSize)));
        }
        page.section(
                "Training curves",
                "Thick curves are means over the seeds, thin ones single seeds. The loss is a running"
                        + " mean.",
                html + "</div>");
    }

    private static String figure(String title, Plot plot) {
        return "<div><h3>" + title + "</h3>" + plot.html(Plot.Size.LANDSCAPE) + "</div>";
    }

    private void categories() {
        CategoryTable table = new CategoryTable(results.grid().norms().get(0), comparisons);
        if (!table.isEmpty()) {
            page.section(
                    "Categories",
                    "AP is the mean over the seeds that both norms have; intervals are as above. Where"
                            + " a category is on few images, its interval is too narrow.",
                    "<div class=\"wide-table\">" + table.html() + "</div>");
        }
    }

    private void pictures(DetectionStrip shown) throws IOException {
        Cell cell = shown.cells().get(0);
        page.section(
                "What the last models find",
                String.format(
                        "Batch size %d, seed %d. Each model's boxes are shown from the score of its best"
                                + " F1 at IoU 0.5 on. %s",
                        cell.batchSize(), cell.seed(), FindingsPicture.LEGEND),
                shown.html());
    }

    private void failures() {
        if (results.failed().isEmpty()) {
            return;
        }
        StringBuilder table =
                new StringBuilder(
                        "<table><thead><tr><th>cell<th>steps taken<th class=\"left\">reason</thead>"
                                + "<tbody>");
        for (CellResult cell : results.failed()) {
            table.append("<tr><td>").append(escape(cell.cell().name()));
            table.append("<td>").append(count(cell.history().steps().size()));
            table.append("<td class=\"left\">")
                    .append(escape(cell.outcome().map(CellOutcome::reason).orElse("")));
        }
        page.section(
                "Cells that failed",
                "They are not part of the means. Where a norm has fewer seeds than others, its mean is"
                        + " over the trainings that went well.",
                "<div class=\"wide-table\">" + table + "</tbody></table></div>");
    }

    private void howItWasDone() {
        StringBuilder html = new StringBuilder();
        html.append("<pre>").append(escape(command)).append("</pre>");
        for (Environment environment : results.environments()) {
            html.append("<p>").append(escape(environment.text())).append("</p>");
        }
        html.append(
                String.format(
                        Locale.ROOT,
                        "<p>Training took %.1f minutes in all, evaluation not counted.</p>",
                        results.minutes()));
        html.append(rates());
        html.append(
                "<details><summary>All settings that the cells share</summary><div"
                        + " class=\"wide-table\"><table><tbody>");
        JsonObject shared = settings.toJson();
        for (JsonObject part :
                List.of(shared.getAsJsonObject("data"), shared.getAsJsonObject("settings"))) {
            for (Map.Entry<String, JsonElement> setting : part.entrySet()) {
                html.append("<tr><td>").append(escape(setting.getKey()));
                html.append("<td class=\"left\">").append(escape(setting.getValue().toString()));
            }
        }
        page.section("How it was done", "", html + "</tbody></table></div></details>");
    }

    private String rates() {
        Scaling scaling = settings.scaling();
        StringBuilder table =
                new StringBuilder(
                        "<p>Rule of the learning rate: "
                                + scaling.rule()
                                + ", from "
                                + scaling.base().optimization().learningRate()
                                + " at batch size "
                                + scaling.base().loop().batchSize()
                                + ".</p><div class=\"wide-table\"><table><thead><tr><th>batch<th>learning rate<th>warm-up steps"
                                + "<th>steps taken<th>images seen</thead><tbody>");
        for (int batchSize : results.grid().batchSizes()) {
            CellResult any = results.cells(results.grid().norms().get(0), batchSize).get(0);
            TrainingConfiguration configuration = any.configuration();
            table.append(
                    String.format(
                            "<tr><td>%d<td>%s<td>%s<td>%s<td>%s",
                            batchSize,
                            configuration.optimization().learningRate(),
                            count(configuration.optimization().warmupSteps()),
                            count(any.history().steps().size()),
                            count(any.history().images())));
        }
        return table + "</tbody></table></div>";
    }
}
