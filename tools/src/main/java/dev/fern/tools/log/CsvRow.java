package dev.fern.tools.log;

import java.util.List;
import java.util.stream.Collectors;

/** A line of a table (RFC 4180, but ended by a line feed). */
public final class CsvRow {

    private CsvRow() {}

    /** Returns the values with commas between them, quoted where they must be. */
    public static String of(List<String> values) {
        return values.stream().map(CsvRow::quoted).collect(Collectors.joining(",", "", "\n"));
    }

    private static String quoted(String value) {
        return value.matches("(?s).*[,\"\r\n].*") ? '"' + value.replace("\"", "\"\"") + '"' : value;
    }
}
