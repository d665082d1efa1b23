package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.escape;
import static dev.fern.tools.report.HtmlText.score;

import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.ImageFindings;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** The labels that deserve a look, the detector's surest objections first. */
final class LabelFindings {
    private static final int ROWS = 25;

    private final Analysis analysis;

    private record Row(MatchedDetection detection, String file, String label) {}

    LabelFindings(Analysis analysis) {
        this.analysis = analysis;
    }

    /** Adds a section to a page. */
    void appendTo(HtmlPage page) {
        long wrong = sum(image -> image.likelyWrongLabels().size());
        long missing = sum(image -> image.likelyMissingLabels().size());
        StringBuilder table = new StringBuilder();
        table.append("<div class=\"scroll\"><table><thead><tr><th>image<th class=\"left\">label")
                .append("<th class=\"left\">detection<th>score</thead><tbody>");
        analysis.findings().stream()
                .flatMap(this::rows)
                .sorted(Comparator.comparing(Row::detection, MatchedDetection.BY_FALLING_SCORE))
                .limit(ROWS)
                .forEach(
                        row ->
                                table.append("<tr><td>")
                                        .append(escape(row.file))
                                        .append("<td class=\"left\">")
                                        .append(row.label)
                                        .append("<td class=\"left\">")
                                        .append(name(row.detection.category()))
                                        .append("<td>")
                                        .append(score(row.detection.score())));
        page.section(
                "Labels worth a look",
                String.format(
                        Locale.ROOT,
                        "%s where a sure detection says another category, %s where it finds what"
                                + " nobody labelled, %s labels that no detection supports; and %s"
                                + " objects were found twice.%s",
                        count(wrong),
                        count(missing),
                        count(sum(image -> image.unsupported().size())),
                        count(sum(image -> image.duplicates().size())),
                        wrong + missing == 0 ? "" : " The surest:"),
                wrong + missing == 0 ? "" : table + "</tbody></table></div>");
    }

    private long sum(ToIntFunction<ImageFindings> size) {
        return analysis.findings().stream().mapToLong(size::applyAsInt).sum();
    }

    private Stream<Row> rows(ImageFindings image) {
        String file = image.image().fileName();
        return Stream.concat(
                image.likelyWrongLabels().stream()
                        .map(
                                pair ->
                                        new Row(
                                                pair.detection(),
                                                file,
                                                name(pair.truth().category()))),
                image.likelyMissingLabels().stream()
                        .map(d -> new Row(d, file, "<span class=\"note\">none</span>")));
    }

    private String name(int category) {
        return escape(analysis.matching().categories().get(category).name());
    }
}
