package dev.fern.tools.annotation;

import java.io.IOException;

/** Reads the annotations of one format. */
@FunctionalInterface
public interface AnnotationReader {

    /**
     * Reads all files of the data set.
     *
     * @return images in the order of the files, boxes in pixels
     * @throws AnnotationFormatException naming the file and the element if a file is damaged, too
     *     large or of another format
     * @throws IOException if a file can't be read
     */
    AnnotatedDataset read() throws IOException;
}
