package dev.fern.tools.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.detection.pretrain.ClassificationScores;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The scores of a trained classifier.
 *
 * @param model the model directory
 * @param scores on the validation images
 */
record ClassifierReport(Path model, ClassificationScores scores) {

    /**
     * Prints the scores and writes them as JSON with the counts of each class.
     *
     * @param json the file; null if none is wanted
     */
    void report(PrintWriter out, Path json) throws IOException {
        out.printf("best model: %s%n", VisibleText.of(model));
        out.printf("%8s%8s%8s%8s%n", "images", "top-1", "top-5", "loss");
        out.printf(
                Locale.ROOT,
                "%8d%8.3f%8.3f%8.3f%n",
                scores.images(),
                scores.top1(),
                scores.top5(),
                scores.loss());
        out.flush();
        if (json != null) {
            JsonFile.write(json, json());
        }
    }

    private JsonObject json() {
        JsonObject root = new JsonObject();
        root.addProperty("model", model.toString());
        root.addProperty("images", scores.images());
        scores.numbers().forEach(root::addProperty);
        JsonArray classes = new JsonArray();
        for (ClassificationScores.ClassCounts counts : scores.classes()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", counts.name());
            entry.addProperty("images", counts.images());
            entry.addProperty("top1_right", counts.top1());
            entry.addProperty("top5_right", counts.top5());
            classes.add(entry);
        }
        root.add("per_class", classes);
        return root;
    }
}
