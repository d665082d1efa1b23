package dev.fern.tools.detect;

import java.io.Closeable;
import java.io.IOException;

/** Receives what was found, image by image, and keeps it in one form. */
public interface DetectionSink extends Closeable {

    /**
     * Keeps what was found in one image.
     *
     * @param image the image with what was found
     * @throws IOException if it can't be read or the result can't be written
     */
    void accept(DetectedImage image) throws IOException;

    /**
     * Is told once that all images were handed over.
     *
     * @throws IOException if something can't be written
     */
    default void finish() throws IOException {}

    /**
     * Makes what was written so far whole.
     *
     * @throws IOException if something can't be written
     */
    @Override
    default void close() throws IOException {}
}
