package dev.fern.tools.console;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder that a command is to make. */
public final class OutputFolder {

    private OutputFolder() {}

    /**
     * Checks that a folder is not there or empty, so that nothing in it can be lost.
     *
     * @throws BadInputException naming it if it holds files or is one
     */
    public static void requireFree(Path output) throws IOException, BadInputException {
        if (Files.isDirectory(output)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(output)) {
                if (entries.iterator().hasNext()) {
                    throw new BadInputException(
                            output + ": holds files already; choose another --output");
                }
            }
        } else if (Files.exists(output)) {
            throw new BadInputException(output + ": is a file; choose another --output");
        }
    }
}
