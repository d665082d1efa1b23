package dev.fern.tools.explore;

import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.tools.explore.ExploredResults.Side;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes the masks of each image as a script of its own, which the page loads when it shows the
 * image: all masks together would take long to load.
 *
 * @param explored what the page shows
 */
record ExplorerMasks(ExploredResults explored) {

    static final String FOLDER = "masks";

    /** Returns whether there are masks to write. */
    boolean isNeeded() {
        return explored.dataset().iouType() == IouType.SEGM;
    }

    void writeTo(Path folder) throws IOException {
        Files.createDirectory(folder);
        for (int i = 0; i < explored.images().size(); i++) {
            Path file = folder.resolve(String.format(Locale.ROOT, "%06d.js", i));
            try (Writer out = Files.newBufferedWriter(file)) {
                out.write("'use strict';\nmasks.set(" + i + ", ");
                JsonWriter json = new JsonWriter(out);
                json.setHtmlSafe(true);
                write(json, i);
                json.flush();
                out.write(");\n");
            }
        }
    }

    private void write(JsonWriter json, int index) throws IOException {
        ImageMatching image = explored.images().get(index);
        json.beginObject();
        json.name("objects").beginArray();
        for (MatchedTruth truth : image.truths()) {
            mask(json, explored.dataset().mask(truth.index()));
        }
        json.endArray();
        json.name("sides").beginArray();
        for (Side side : explored.sides()) {
            json.beginArray();
            ImageMatching matched = side.analysis().matching().images().get(index);
            CocoImage size = matched.image();
            for (MatchedDetection detection : matched.detections()) {
                mask(json, side.results().mask(detection.index(), size));
            }
            json.endArray();
        }
        json.endArray();
        json.endObject();
    }

    /** Writes height, width and COCO's compressed runs; null where there is no mask. */
    private static void mask(JsonWriter json, Optional<Rle> mask) throws IOException {
        if (mask.isEmpty()) {
            json.nullValue();
            return;
        }
        json.beginArray();
        json.value(mask.get().height());
        json.value(mask.get().width());
        json.value(mask.get().text());
        json.endArray();
    }
}
