package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import java.util.Map;

/** COCO's twelve numbers in large letters. */
final class ScoreCards {

    private static final Map<CocoMetric, String> MEANINGS =
            Map.ofEntries(
                    Map.entry(CocoMetric.AP, "precision, IoU 0.5 to 0.95"),
                    Map.entry(CocoMetric.AP50, "precision, IoU 0.5"),
                    Map.entry(CocoMetric.AP75, "precision, IoU 0.75"),
                    Map.entry(CocoMetric.AP_SMALL, "precision, small"),
                    Map.entry(CocoMetric.AP_MEDIUM, "precision, medium"),
                    Map.entry(CocoMetric.AP_LARGE, "precision, large"),
                    Map.entry(CocoMetric.AR1, "recall, 1 an image"),
                    Map.entry(CocoMetric.AR10, "recall, 10 an image"),
                    Map.entry(CocoMetric.AR100, "recall, 100 an image"),
                    Map.entry(CocoMetric.AR_SMALL, "recall, small"),
                    Map.entry(CocoMetric.AR_MEDIUM, "recall, medium"),
                    Map.entry(CocoMetric.AR_LARGE, "recall, large"));

    private final StringBuilder html = new StringBuilder("<div class=\"cards\">");

    /** Shows each number. */
    ScoreCards(Map<CocoMetric, Double> scores) {
        scores.forEach((metric, value) -> card(metric, value, ""));
        html.append("</div>\n");
    }

    /** Shows each number of the best evaluation, and the last evaluation's below it. */
    ScoreCards(EpochScores best, EpochScores last) {
        for (CocoMetric metric : best.numbers().keySet()) {
            card(metric, best.of(metric), "<small>last " + score(last.of(metric)) + "</small>");
        }
        html.append("</div>\n");
    }

    private void card(CocoMetric metric, double value, String below) {
        html.append("<div class=\"card\"><span>").append(metric.label());
        html.append("<i>").append(MEANINGS.get(metric)).append("</i></span><b>");
        html.append(score(value)).append("</b>").append(below).append("</div>");
    }

    String html() {
        return html.toString();
    }
}
