package dev.fern.tools.sweep;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.List;

/**
 * What a cell's settings are, so that cells differ in norm, batch size and seed alone and all see
 * the same number of images: the learning rate goes with the batch size by a rule; warm-up, a
 * length that is given in steps, and the reach of a moving average of the parameters stay the same
 * in images.
 *
 * @param base settings for {@code base.batchSize()}; its norm and seed are not used
 * @param rule of the learning rate
 */
record Scaling(TrainingConfiguration base, RateRule rule) {

    /**
     * Checks that the settings let all cells see the same number of images.
     *
     * @throws IllegalArgumentException if trainings may end early
     */
    Scaling {
        if (base.loop().patience() > 0) {
            throw new IllegalArgumentException(
                    "patience must be 0: all trainings of a sweep are equally long");
        }
    }

    /**
     * Returns a cell's settings.
     *
     * @throws IllegalArgumentException if there is no such norm
     */
    TrainingConfiguration configuration(Cell cell) {
        double ratio = (double) cell.batchSize() / base.loop().batchSize();
        JsonObject settings = JsonParser.parseString(base.toJson()).getAsJsonObject();
        settings.addProperty("norm", cell.norm());
        settings.addProperty("seed", cell.seed());
        settings.addProperty("batchSize", cell.batchSize());
        settings.addProperty(
                "learningRate", base.optimization().learningRate() * rule.factor(ratio));
        settings.addProperty("warmupSteps", scaled(base.optimization().warmupSteps(), ratio));
        settings.addProperty("steps", scaled(base.loop().steps(), ratio));
        settings.addProperty("emaDecay", Math.pow(base.loop().emaDecay(), ratio));
        return TrainingConfiguration.of(List.of(settings));
    }

    /** Steps that make as many images; 0 stays 0, and anything else at least 1. */
    private static long scaled(long steps, double ratio) {
        return steps == 0 ? 0 : Math.max(1, Math.round(steps / ratio));
    }
}
