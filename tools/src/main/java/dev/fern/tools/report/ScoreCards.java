package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.CocoMetric;
import java.util.Map;

/** COCO's twelve numbers in large letters. */
final class ScoreCards {

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
        html.append("<div class=\"card\"><span>").append(metric.label()).append("</span><b>");
        html.append(score(value)).append("</b>").append(below).append("</div>");
    }

    String html() {
        return html.toString();
    }
}
