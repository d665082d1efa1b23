package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.escape;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoMetric;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A training run as one HTML page that needs no other file. All texts are plain.
 *
 * @param title names the run
 * @param summary says how long the training was
 * @param facts say where the run comes from, by heading
 * @param warnings say what is missing from the report, or what to know about it
 * @param settings of the training, by name
 * @param defaults of the settings, by name
 * @param curves the training's numbers by step
 * @param evaluations in order of their steps
 * @param best what lies behind the numbers of the best model; empty if it could not be evaluated
 */
public record RunReport(
        String title,
        String summary,
        Map<String, String> facts,
        List<String> warnings,
        JsonObject settings,
        JsonObject defaults,
        StepCurves curves,
        List<EpochScores> evaluations,
        Optional<EvaluationSections> best) {

    /**
     * Returns the best of several evaluations.
     *
     * @param evaluations in order of their steps
     * @return the one with the highest AP, the first of equals; empty if there are none
     */
    public static Optional<EpochScores> bestOf(List<EpochScores> evaluations) {
        return evaluations.stream()
                .reduce((a, b) -> b.of(CocoMetric.AP) > a.of(CocoMetric.AP) ? b : a);
    }

    /** {@return the whole page, in HTML} */
    public String html() {
        HtmlPage page = new HtmlPage(title);
        page.append("<p class=\"note\">" + escape(summary) + "</p>\n");
        if (!warnings.isEmpty()) {
            page.append("<ul class=\"warnings\">");
            warnings.forEach(warning -> page.append("<li>" + escape(warning) + "</li>"));
            page.append("</ul>\n");
        }
        bestOf(evaluations).ifPresent(b -> scores(page, b));
        curves(page);
        best.ifPresent(
                sections -> {
                    page.append(
                            "<h2 class=\"chapter\">The best model on the validation images</h2>"
                                    + "<p class=\"note\">"
                                    + sections.summary()
                                    + "</p>");
                    sections.appendTo(page);
                });
        page.append("<div class=\"pair\">");
        page.section(
                "Settings that are not the defaults",
                "",
                new SettingsTable(settings, defaults).html());
        page.section("Where the run comes from", "", factTable());
        page.append("</div>");
        return page.html();
    }

    private void scores(HtmlPage page, EpochScores bestScores) {
        EpochScores last = evaluations.get(evaluations.size() - 1);
        boolean same = bestScores.equals(last);
        page.append(
                "<p class=\"note\">Best evaluation: after epoch "
                        + bestScores.epoch()
                        + ", step "
                        + count(bestScores.step())
                        + (same ? ", which is the last" : ". Last: after epoch " + last.epoch())
                        + ".</p>");
        page.append(
                (same ? new ScoreCards(last.numbers()) : new ScoreCards(bestScores, last)).html());
    }

    private void curves(HtmlPage page) {
        RunPlots plots = new RunPlots(curves, evaluations);
        page.append("<div class=\"pair\">");
        page.section(
                "How well it detects",
                "Average precision (AP) on the validation images, after each evaluation.",
                evaluations.isEmpty()
                        ? "<p>There was no evaluation yet.</p>"
                        : plots.averagePrecision().html(Plot.Size.LANDSCAPE));
        String noisy = "Each step, and the running mean.";
        String nothing = "<p>No step was taken yet.</p>";
        boolean begun = curves.lastStep() > 0;
        page.section(
                "Loss: what the training lowers",
                noisy,
                begun ? plots.loss().html(Plot.Size.LANDSCAPE) : nothing);
        page.section(
                "Learning rate",
                "At each step.",
                begun ? plots.learningRate().html(Plot.Size.LANDSCAPE) : nothing);
        page.section(
                "Size of the gradient",
                noisy,
                begun ? plots.gradientNorm().html(Plot.Size.LANDSCAPE) : nothing);
        page.append("</div>");
    }

    private String factTable() {
        StringBuilder list = new StringBuilder("<dl>");
        facts.forEach(
                (heading, text) ->
                        list.append("<dt>")
                                .append(escape(heading))
                                .append("</dt><dd>")
                                .append(escape(text))
                                .append("</dd>"));
        return list + "</dl>";
    }
}
