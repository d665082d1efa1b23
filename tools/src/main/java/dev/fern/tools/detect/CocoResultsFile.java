package dev.fern.tools.detect;

import com.google.gson.JsonElement;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A COCO results file as {@code fern detect} writes it, filled image by image. It gets its name
 * when it is ended; if it is closed before, it is dropped.
 */
public final class CocoResultsFile implements Closeable {

    private final GrowingFile file;
    private final Layouts.CocoResults layout;
    private boolean isFirst = true;
    private boolean isEnded;

    /**
     * Opens the file.
     *
     * @param path compressed with gzip if its name ends in {@code .gz}
     * @param categories the model's, in the order of its labels
     * @throws IOException naming the file if it can't be written
     */
    public CocoResultsFile(Path path, List<CocoCategory> categories) throws IOException {
        file = new GrowingFile(path);
        layout = new Layouts.CocoResults(categories);
        file.append(layout.head());
    }

    /**
     * Adds what was found in an image.
     *
     * @param id of the image, a number or a string
     * @param name of the image's file, with slashes
     * @param detections by falling score
     * @throws IOException naming the file if it can't be written
     */
    public void add(JsonElement id, String name, List<Detection> detections) throws IOException {
        String rows = layout.rows(id, name, 0, detections, isFirst);
        isFirst &= rows.isEmpty();
        file.append(rows);
    }

    /**
     * Makes the file whole.
     *
     * @throws IOException naming the file if it can't be written
     */
    public void end() throws IOException {
        file.append(layout.tail());
        file.close();
        isEnded = true;
    }

    @Override
    public void close() throws IOException {
        if (!isEnded) {
            file.discard();
        }
    }
}
