package dev.fern.tools.annotation;

import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Path;

/** Writes annotations in one format. */
public interface AnnotationWriter {

    /** {@return whether the format is a folder of files rather than one file} */
    boolean writesFolder();

    /**
     * Writes a data set, whole or not at all.
     *
     * @param dataset what to write
     * @param output the file, or the folder, which is missing or empty
     * @throws BadInputException naming the image that the format can't hold, such as one whose size
     *     is not known
     * @throws IOException if it can't be written
     */
    void write(AnnotatedDataset dataset, Path output) throws IOException, BadInputException;
}
