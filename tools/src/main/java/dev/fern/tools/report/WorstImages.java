package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.count;
import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.ImageFindings;
import java.util.Locale;

/** The images with the most faults, each with the count of what is wrong below it. */
final class WorstImages {
    private static final int IMAGES = 12;

    private final Analysis analysis;
    private final FindingsPicture picture;

    WorstImages(Analysis analysis, FindingsPicture picture) {
        this.analysis = analysis;
        this.picture = picture;
    }

    /** Returns a figure for each image; the reason in place of one that can't be read. */
    String html() {
        StringBuilder html = new StringBuilder("<div class=\"images\">");
        for (ImageFindings findings : analysis.worstImages(IMAGES)) {
            html.append("<figure>").append(picture.html(findings));
            html.append(
                    String.format(
                            Locale.ROOT,
                            "<figcaption><b>%s</b> %s wrong, %s missed</figcaption></figure>",
                            escape(findings.image().fileName()),
                            count(findings.wrong().size()),
                            count(findings.missed().size())));
        }
        return html + "</div>";
    }
}
