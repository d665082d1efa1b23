package dev.fern.tools.log;

import java.util.List;
import java.util.stream.Collectors;

/** A line of a table in CSV (RFC 4180, but with a line feed alone at its end). */
public final class CsvRow {

    private CsvRow() {}

    /**
     * Returns a line of a table.
     *
     * @param values any texts
     * @return the values with commas between them, quoted where they must be, and a line feed
     */
    public static String of(List<String> values) {
        return values.stream().map(CsvRow::quoted).collect(Collectors.joining(",", "", "\n"));
    }

    private static String quoted(String value) {
        return value.matches("(?s).*[,\"\r\n].*") ? '"' + value.replace("\"", "\"\"") + '"' : value;
    }
}
