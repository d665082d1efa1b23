package dev.fern.tools.console;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks the folder that a command is to make, before it begins its work. */
public final class OutputFolder {

    private OutputFolder() {}

    /**
     * Checks that a folder is missing or empty, so that nothing in it can be lost.
     *
     * @param output the folder
     * @throws IOException if it can't be read
     * @throws BadInputException naming it if it holds files or is a file
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
