package dev.fern.tools.report;

/** An evaluation with its analysis as one HTML page that needs nothing else. */
public final class EvaluationReport {

    private final String title;
    private final EvaluationSections sections;

    /**
     * Takes what the page is to show.
     *
     * @param title says what was evaluated on what
     * @param sections the body of the page
     */
    public EvaluationReport(String title, EvaluationSections sections) {
        this.title = title;
        this.sections = sections;
    }

    /** {@return the whole page, in HTML} */
    public String html() {
        HtmlPage page = new HtmlPage(title);
        page.append("<p class=\"note\">" + sections.summary() + "</p>\n");
        page.append(new ScoreCards(sections.stats()).html());
        sections.appendTo(page);
        return page.html();
    }
}
