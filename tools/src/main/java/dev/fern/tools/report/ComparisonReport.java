package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Comparison.Difference;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A comparison of two sets of detections as one HTML page that needs nothing else. */
public final class ComparisonReport {

    /** More would not be looked at; the JSON has all. */
    private static final int MOST_CATEGORIES = 100;

    private final String first;
    private final String second;
    private final Comparison comparison;

    /**
     * Takes what the page is to show.
     *
     * @param first what A is called
     * @param second what B is called
     * @param comparison of B with A
     */
    public ComparisonReport(String first, String second, Comparison comparison) {
        this.first = first;
        this.second = second;
        this.comparison = comparison;
    }

    /** {@return the whole page, in HTML} */
    public String html() {
        HtmlPage page = new HtmlPage("Is B better than A?");
        page.append(
                String.format(
                        Locale.ROOT,
                        "<p class=\"note\">A: <b>%s</b><br>B: <b>%s</b><br>%s images, %s resamples"
                                + " of them (paired bootstrap, seed %d). Points: B &#8722; A. Lines:"
                                + " intervals of confidence %s. In colour: those that leave 0"
                                + " out.</p>\n",
                        escape(first),
                        escape(second),
                        count(comparison.images()),
                        count(comparison.bootstrap().resamples()),
                        comparison.bootstrap().seed(),
                        comparison.bootstrap().confidence()));
        ForestPlot metrics = new ForestPlot();
        comparison.metrics().forEach((metric, d) -> metrics.row(metric.label(), d));
        page.section("The twelve numbers", "", metrics.svg());
        if (!comparison.categories().isEmpty()) {
            List<Comparison.Category> shown = mostDifferent();
            ForestPlot categories = new ForestPlot();
            shown.forEach(c -> categories.row(c.category().name(), ap(c)));
            page.section(
                    "AP of each category",
                    "By falling difference; at most the "
                            + MOST_CATEGORIES
                            + " that differ most. Where the objects of a category are on few images,"
                            + " its interval is too narrow; and of many categories some leave 0 out"
                            + " by chance.",
                    categories.svg());
        }
        return page.html();
    }

    private static Difference ap(Comparison.Category category) {
        return category.metrics().get(CocoMetric.AP);
    }

    private List<Comparison.Category> mostDifferent() {
        return comparison.categories().stream()
                .filter(category -> !Double.isNaN(ap(category).difference()))
                .sorted(Comparator.comparingDouble(c -> -Math.abs(ap(c).difference())))
                .limit(MOST_CATEGORIES)
                .sorted(Comparator.comparingDouble(c -> -ap(c).difference()))
                .toList();
    }
}
