package dev.fern.tools.detect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes one file about all images, which opens with the first of them. */
final class TableSink implements DetectionSink {

    /** The texts that the file is made of. */
    interface Layout {

        /** Returns what the file begins with. */
        String head();

        /**
         * Returns the text about an image.
         *
         * @param first whether no text was written before except the head
         */
        String rows(DetectedImage image, boolean first);

        /** Returns what the file ends with. */
        String tail();
    }

    private final Path file;
    private final Layout layout;
    private GrowingFile open;
    private boolean isFirst = true;

    TableSink(Path file, Layout layout) {
        this.file = file;
        this.layout = layout;
    }

    @Override
    public void accept(DetectedImage image) throws IOException {
        start();
        String rows = layout.rows(image, isFirst);
        isFirst &= rows.isEmpty();
        open.append(rows);
    }

    @Override
    public void finish() throws IOException {
        start(); // without images too
    }

    private void start() throws IOException {
        if (open == null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            open = new GrowingFile(file);
            open.append(layout.head());
        }
    }

    @Override
    public void close() throws IOException {
        if (open == null) {
            return;
        }
        boolean whole = false;
        try {
            open.append(layout.tail());
            whole = true;
        } finally {
            if (whole) {
                open.close();
            } else {
                open.discard();
            }
        }
    }
}
