package dev.fern.tools.input;

import dev.fern.tools.console.VisibleText;
import java.nio.file.Path;
import java.util.List;

/** Warns on standard error of data that can't mean what its author thinks. */
public final class DataWarnings {

    private DataWarnings() {}

    /**
     * Prints one line for each kind of trouble.
     *
     * @param file that the data is from
     * @param lines what is wrong, each without the file's name
     */
    public static void print(Path file, List<String> lines) {
        for (String line : lines) {
            System.err.printf("warning: %s: %s%n", VisibleText.of(file), VisibleText.of(line));
        }
    }
}
