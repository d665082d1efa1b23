package dev.fern.tools.sweep.result;

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
import dev.fern.tools.report.HtmlText;
import dev.fern.tools.report.Palette;
import dev.fern.tools.report.Plot;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import dev.fern.tools.sweep.result.SweepResults.Spread;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A sweep as one HTML page that needs no script, no other file and no network. */
public final class SweepReport {

    private final SweepResults results;
    private final Optional<Pictures> pictures;
    private final SweepFigures figures;
    private final SweepTables tables;
    private final HtmlPage page = new HtmlPage("Accuracy against batch size");

    /**
     * Photographs with what was found in them.
     *
     * @param batchSize of the models
     * @param seed of the models
     * @param html a grid of pictures
     */
    public record Pictures(int batchSize, long seed, String html) {}

    /**
     * Takes what the page is to show.
     *
     * @param results as far as they have come
     * @param pictures photographs; empty for none
     */
    public SweepReport(SweepResults results, Optional<Pictures> pictures) {
        this.results = results;
        this.pictures = pictures;
        this.figures = new SweepFigures(results);
        this.tables = new SweepTables(results);
    }

    /** {@return the page} */
    public String html() {
        summary();
        cards();
        page.section(
                "AP against batch size",
                "COCO's AP of the last epoch's model, at the learning rate chosen. Lines are means over the"
                        + " seeds, points are single seeds, and bars reach one standard deviation of"
                        + " the seeds to each side.",
                figures.averagePrecision().html(Plot.Size.WIDE));
        means();
        intervals();
        differences();
        rates();
        curves();
        categories();
        pictures.ifPresent(this::pictures);
        failures();
        cells();
        howItWasDone();
        return page.html();
    }

    private void summary() {
        Grid grid = results.grid();
        long failed = results.count(Status.FAILED);
        long diverged = results.count(Status.DIVERGED);
        page.append(
                String.format(
                        Locale.ROOT,
                        "<p class=\"note\">%s norms at %s batch sizes, %s seeds each: %s of %s cells are"
                                + " done%s%s. Cells of one seed see the images in the same order,"
                                + " augmented alike, and start from the same convolutions.</p>\n",
                        grid.norms().size(),
                        grid.batchSizes().size(),
                        grid.seeds().size(),
                        results.count(Status.DONE),
                        results.cells().size(),
                        failed == 0 ? "" : ", " + failed + " failed",
                        diverged == 0 ? "" : ", " + diverged + " diverged"));
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
        return NormComparison.ap(results.comparisons().norms(), norm, batchSize)
                .map(
                        ap ->
                                CategoryTable.cells(ap)
                                                .replaceFirst("<td class=\"", "<td class=\"group ")
                                        + "<td>"
                                        + score(ap.pValue()))
                .orElse("<td class=\"group\"><td><td>");
    }

    private void differences() {
        List<NormComparison> comparisons = results.comparisons().norms();
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
                "Thick curves are means over the seeds, thin ones single seeds. The loss is the mean"
                        + " of an epoch, AP that of all validation images.",
                html + "</div>");
    }

    private static String figure(String title, Plot plot) {
        return "<div><h3>" + title + "</h3>" + plot.html(Plot.Size.LANDSCAPE) + "</div>";
    }

    private void categories() {
        CategoryTable table =
                new CategoryTable(results.grid().norms().get(0), results.comparisons().norms());
        if (!table.isEmpty()) {
            page.section(
                    "Categories",
                    "AP is the mean over the seeds that both norms have; intervals are as above. Where"
                            + " a category is on few images, its interval is too narrow.",
                    "<div class=\"wide-table\">" + table.html() + "</div>");
        }
    }

    private void pictures(Pictures shown) {
        page.section(
                "What the last models find",
                String.format(
                        "Batch size %d, seed %d. Each model's boxes are shown from the score of its best"
                                + " F1 at IoU 0.5 on. %s",
                        shown.batchSize, shown.seed, FindingsPicture.LEGEND),
                shown.html);
    }

    private void failures() {
        if (!results.withoutNumbers().isEmpty()) {
            page.section(
                    "Cells without a result",
                    "They failed or diverged, and are not part of the means. Where a norm has fewer"
                            + " seeds than others, its mean is over the trainings that went well.",
                    tables.withoutNumbers().html());
        }
    }

    private void intervals() {
        if (!results.comparisons().own().isEmpty()) {
            page.section(
                    "How sure AP is",
                    "The intervals come from a bootstrap over images and seeds. The difference to a"
                            + " norm's own largest batch is paired: same images, same seeds.",
                    tables.intervals().html());
        }
    }

    private void rates() {
        if (!results.hasTrials()) {
            return;
        }
        StringBuilder html = new StringBuilder(tables.choices().html());
        html.append("<div class=\"pair\">");
        for (int batchSize : results.grid().batchSizes()) {
            html.append(figure("Batch size " + batchSize, figures.rates(batchSize)));
        }
        page.section(
                "Learning rates",
                String.format(
                        "Each norm at each batch size has the learning rate with the highest AP on %d"
                                + " validation images, which all other figures leave out. Points are the"
                                + " rates that were chosen; a training that diverged counts as 0.",
                        results.tuningImages().size()),
                html + "</div>");
    }

    private void cells() {
        page.section(
                "Cells",
                "AP is that of the images reported on; AP on all validation images is the last figure"
                        + " that the training itself wrote. Clipped is the share of steps whose gradient"
                        + " was longer than clipNorm.",
                tables.cells().html()
                        + "<details><summary>The command of each cell</summary><pre>"
                        + tables.commands().stream()
                                .map(HtmlText::escape)
                                .collect(Collectors.joining("\n"))
                        + "</pre></details>");
    }

    private void howItWasDone() {
        StringBuilder html = new StringBuilder();
        html.append("<pre>").append(escape(results.command())).append("</pre>");
        for (Environment environment : results.environments()) {
            html.append("<p>").append(escape(environment.text())).append("</p>");
        }
        html.append(
                String.format(
                        Locale.ROOT,
                        "<p>Training steps took %.1f minutes by the clock, added over the cells. Their"
                                + " processes took %.1f hours of a core.</p>",
                        results.minutes(),
                        results.coreHours()));
        html.append(schedules());
        html.append(
                "<details><summary>All settings that the cells share</summary><div"
                        + " class=\"wide-table\"><table><tbody>");
        JsonObject shared = results.settings();
        for (JsonObject part :
                List.of(shared.getAsJsonObject("data"), shared.getAsJsonObject("settings"))) {
            for (Map.Entry<String, JsonElement> setting : part.entrySet()) {
                html.append("<tr><td>").append(escape(setting.getKey()));
                html.append("<td class=\"left\">").append(escape(setting.getValue().toString()));
            }
        }
        page.section("How it was done", "", html + "</tbody></table></div></details>");
    }

    private String schedules() {
        StringBuilder table =
                new StringBuilder(
                        "<p>Rule of the learning rate: "
                                + escape(results.rateRule())
                                + ", from "
                                + results.baseRate()
                                + " at batch size "
                                + results.baseBatchSize()
                                + ".</p><div class=\"wide-table\"><table><thead><tr><th>batch<th>learning"
                                + " rate of the rule<th>warm-up steps<th>steps taken<th>images seen"
                                + "</thead><tbody>");
        for (int batchSize : results.grid().batchSizes()) {
            results.cells().stream()
                    .filter(cell -> cell.cell().batchSize() == batchSize)
                    .findFirst()
                    .ifPresent(cell -> table.append(schedule(cell)));
        }
        return table + "</tbody></table></div>";
    }

    private String schedule(CellResult cell) {
        TrainingConfiguration configuration = cell.configuration();
        return String.format(
                "<tr><td>%d<td>%s<td>%s<td>%s<td>%s",
                cell.cell().batchSize(),
                Grid.text(Grid.rounded(results.learningRate(cell.cell().batchSize(), 1))),
                count(configuration.optimization().warmup(configuration.loop())),
                count(cell.history().steps()),
                count(cell.history().images()));
    }
}
