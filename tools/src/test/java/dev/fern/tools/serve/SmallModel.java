package dev.fern.tools.serve;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Writes a small model that finds many objects, since its scores are near one half. */
final class SmallModel {

    private SmallModel() {}

    static void write(Path directory) throws IOException {
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(
                                List.of(
                                        new CocoCategory(7, "cell", ""),
                                        new CocoCategory(9, "clot", "")))) {
            var parameters = detector.copyParameters();
            Random random = new Random(2);
            float[] bias = parameters.get("classification.output.bias").data();
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            ModelDirectory.write(directory, detector.configuration(), parameters);
        }
    }
}
