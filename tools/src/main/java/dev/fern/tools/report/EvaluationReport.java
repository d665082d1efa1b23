package dev.fern.tools.report;

/** An evaluation with its analysis as one HTML page that needs nothing else. */
public final class EvaluationReport {

    private final String title;
    private final EvaluationSections sections;

    /**
     * Takes what is to be shown.
     *
     * @param title what was evaluated on what
     */
    public EvaluationReport(String title, EvaluationSections sections) {
        this.title = title;
        this.sections = sections;
    }

    /** The page. */
    public String html() {
        HtmlPage page = new HtmlPage(title);
        page.append("<p class=\"note\">" + sections.summary() + "</p>\n");
        page.append(new ScoreCards(sections.stats()).html());
        sections.appendTo(page);
        return page.html();
    }
}
