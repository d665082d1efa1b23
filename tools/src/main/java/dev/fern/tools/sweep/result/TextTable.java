package dev.fern.tools.sweep.result;

import dev.fern.tools.console.VisibleText;
import dev.fern.tools.report.HtmlText;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table of plain text, for a page in HTML or Markdown.
 *
 * @param header titles of the columns
 * @param rows as many texts each
 */
record TextTable(List<String> header, List<List<String>> rows) {

    TextTable {
        header = List.copyOf(header);
        rows = List.copyOf(rows);
    }

    /** Returns it as an element of a page. */
    String html() {
        return "<div class=\"wide-table\"><table><thead>"
                + row("th", header)
                + "</thead><tbody>"
                + rows.stream().map(row -> row("td", row)).collect(Collectors.joining())
                + "</tbody></table></div>";
    }

    private static String row(String element, List<String> texts) {
        return texts.stream()
                .map(text -> "<" + element + " class=\"left\">" + HtmlText.escape(text))
                .collect(Collectors.joining("", "<tr>", ""));
    }

    /** Returns it as lines of Markdown, with an empty line after them. */
    String markdown() {
        StringBuilder text = new StringBuilder(line(header));
        text.append("|---".repeat(header.size())).append("|\n");
        rows.forEach(row -> text.append(line(row)));
        return text.append('\n').toString();
    }

    private static String line(List<String> texts) {
        return texts.stream()
                .map(text -> VisibleText.of(text).replace("|", "\\|"))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
