package dev.fern.tools;

import dev.fern.cocoeval.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file that a command is to write. */
public final class OutputFile {

    private OutputFile() {}

    /**
     * Checks that a file can be written and is none of those that are read, which it would replace.
     *
     * @param output null if none is to be written
     * @param inputs null for those that are not given
     * @throws IOException naming the file if it can't be written
     * @throws BadInputException naming the file if it is an input
     */
    public static void require(Path output, List<Path> inputs)
            throws IOException, BadInputException {
        if (output == null) {
            return;
        }
        AtomicFile.requireWritable(output);
        for (Path input : inputs) {
            if (input != null
                    && Files.exists(output)
                    && Files.exists(input)
                    && Files.isSameFile(output, input)) {
                throw new BadInputException(
                        output + ": is read by this command; write to another file");
            }
        }
    }
}
