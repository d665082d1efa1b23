package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.Evaluation.CategoryStats;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.Calibration;
import dev.fern.cocoeval.analysis.CategoryAnalysis;
import dev.fern.cocoeval.analysis.OperatingPoint;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What lies behind the numbers of an evaluation, as sections of a page. */
public final class EvaluationSections {
    /** More would make the page slow; the JSON has all. */
    private static final int MOST_ROWS = 2000;

    private final Evaluation evaluation;
    private final Analysis analysis;
    private final Optional<FindingsPicture> picture;

    /**
     * Takes an evaluation and its analysis.
     *
     * @param evaluation of detections
     * @param analysis of the same detections
     * @param picture draws the images, of which the worst are shown; empty to show none
     */
    public EvaluationSections(
            Evaluation evaluation, Analysis analysis, Optional<FindingsPicture> picture) {
        this.evaluation = evaluation;
        this.analysis = analysis;
        this.picture = picture;
    }

    /** Returns the evaluation's numbers, -1 where undefined. */
    Map<CocoMetric, Double> stats() {
        return evaluation.stats();
    }

    /** Returns what was evaluated, in HTML. */
    String summary() {
        int truths = analysis.categories().stream().mapToInt(CategoryAnalysis::truths).sum();
        int detections =
                analysis.categories().stream()
                        .mapToInt(c -> c.truePositives() + c.falsePositives())
                        .sum();
        return String.format(
                Locale.ROOT,
                "Images %s, objects %s, categories %s, detections %s. Everything below the twelve"
                        + " numbers is at IoU %s; single detections count from score %s.",
                count(analysis.matching().images().size()),
                count(truths),
                count(analysis.categories().size()),
                count(detections),
                analysis.parameters().iouThreshold(),
                score(analysis.scoreThreshold()));
    }

    /** Adds the sections to a page. */
    void appendTo(HtmlPage page) {
        page.append("<div class=\"pair\">");
        tide(page);
        curves(page);
        page.append("</div>");
        confusion(page);
        categories(page);
        page.append("<div class=\"pair\">");
        reliability(page);
        new LabelFindings(analysis).appendTo(page);
        page.append("</div>");
        worstImages(page);
    }

    private void tide(HtmlPage page) {
        page.section(
                "Where AP is lost",
                "How much AP one would gain by mending one kind of error (TIDE), and how often it"
                        + " occurs.",
                AnalysisPlots.tide(analysis.tide()));
    }

    private void curves(HtmlPage page) {
        page.section(
                "How many are found, and how many are right",
                "Precision (the part of the detections that is right) by recall (the part of the"
                        + " objects that is found), interpolated as COCO does.",
                AnalysisPlots.precisionRecall(analysis.categories()));
    }

    private void confusion(HtmlPage page) {
        ConfusionHeatMap map = new ConfusionHeatMap(analysis.confusion());
        page.section(
                "What is taken for what",
                "Each row has its own shades. The right column is what was missed, the bottom row"
                        + " what was found where nothing is."
                        + (map.hidden() > 0
                                ? " "
                                        + map.hidden()
                                        + " categories with fewer mistakes are not"
                                        + " shown."
                                : ""),
                map.svg());
    }

    private void categories(HtmlPage page) {
        CocoMetric recall =
                evaluation.parameters().iouType() == IouType.KEYPOINTS
                        ? CocoMetric.AR
                        : CocoMetric.AR100;
        Map<Long, Map<CocoMetric, Double>> stats = new HashMap<>();
        for (CategoryStats category : evaluation.perCategory()) {
            stats.put(category.category().id(), category.stats());
        }
        StringBuilder table =
                new StringBuilder(
                        "<div class=\"scroll\"><table><thead><tr><th>category<th>objects<th>AP<th>AP50"
                                + "<th>AP75<th>"
                                + recall.label()
                                + "<th class=\"group\">best F<th>at score"
                                + "<th>precision<th>recall</thead><tbody>");
        List<CategoryAnalysis> met =
                analysis.categories().stream()
                        .filter(category -> category.truths() + category.falsePositives() > 0)
                        .toList();
        List<CategoryAnalysis> rows = withMostObjects(met, MOST_ROWS);
        for (CategoryAnalysis category : rows) {
            Map<CocoMetric, Double> numbers =
                    stats.getOrDefault(category.category().id(), Map.of());
            table.append("<tr><td>").append(escape(category.category().name()));
            table.append("<td>").append(count(category.truths()));
            for (CocoMetric metric :
                    List.of(CocoMetric.AP, CocoMetric.AP50, CocoMetric.AP75, recall)) {
                table.append("<td>").append(score(numbers.getOrDefault(metric, -1.0)));
            }
            Optional<OperatingPoint> best = category.best();
            table.append("<td class=\"group\">").append(number(best.map(OperatingPoint::fBeta)));
            table.append("<td>").append(number(best.map(OperatingPoint::scoreThreshold)));
            table.append("<td>").append(number(best.map(OperatingPoint::precision)));
            table.append("<td>").append(number(best.map(OperatingPoint::recall)));
        }
        page.section(
                "Each category",
                "On the right, the score threshold of the best F-beta (beta "
                        + analysis.parameters().beta()
                        + ")."
                        + (rows.size() < met.size()
                                ? " Shown are the "
                                        + count(rows.size())
                                        + " categories with most objects."
                                : ""),
                table + "</tbody></table></div>");
    }

    /** Returns at most so many categories, those with most objects, in the given order. */
    static List<CategoryAnalysis> withMostObjects(List<CategoryAnalysis> categories, int most) {
        return IntStream.range(0, categories.size())
                .boxed()
                .sorted(Comparator.comparingInt(k -> -categories.get(k).truths()))
                .limit(most)
                .sorted()
                .map(categories::get)
                .toList();
    }

    private static String number(Optional<Double> value) {
        return score(value.orElse(-1.0));
    }

    private void reliability(HtmlPage page) {
        Calibration calibration = analysis.calibration();
        page.section(
                "Can the scores be trusted?",
                "Bars: the part of the detections of a score that is right; the orange line is where"
                        + " the bar ought to end. Mean distance (expected calibration error) "
                        + score(calibration.expectedError())
                        + ", largest "
                        + score(calibration.largestError())
                        + "."
                        + (calibration.outside() > 0
                                ? " "
                                        + count(calibration.outside())
                                        + " detections with scores outside 0 to 1 are left out."
                                : ""),
                AnalysisPlots.reliability(calibration));
    }

    private void worstImages(HtmlPage page) {
        picture.ifPresent(
                images ->
                        page.section(
                                "The images with the most faults",
                                FindingsPicture.LEGEND,
                                new WorstImages(analysis, images).html()));
    }
}
