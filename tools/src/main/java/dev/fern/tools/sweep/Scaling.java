package dev.fern.tools.sweep;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.tools.sweep.Grid.Cell;
import java.util.List;
import java.util.Locale;

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

    /** How the learning rate goes with the batch size. */
    enum RateRule {
        /** In proportion (Goyal et al., Accurate, Large Minibatch SGD, 2017). */
        LINEAR {
            @Override
            double factor(double ratio) {
                return ratio;
            }
        },
        /** With the square root (Krizhevsky, One weird trick, 2014, section 5). */
        SQRT {
            @Override
            double factor(double ratio) {
                return Math.sqrt(ratio);
            }
        },
        /** Not at all. */
        NONE {
            @Override
            double factor(double ratio) {
                return 1;
            }
        };

        /**
         * Returns the factor on the learning rate.
         *
         * @param ratio of the batch size to the one that the rate was chosen for
         */
        abstract double factor(double ratio);

        /** Its name on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks that the settings let all cells see the same number of images.
     *
     * @throws IllegalArgumentException if trainings may end early
     */
    Scaling {
        if (base.optimization().patience() > 0) {
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
        double ratio = (double) cell.batchSize() / base.optimization().batchSize();
        JsonObject settings = JsonParser.parseString(base.toJson()).getAsJsonObject();
        settings.addProperty("norm", cell.norm());
        settings.addProperty("seed", cell.seed());
        settings.addProperty("batchSize", cell.batchSize());
        settings.addProperty(
                "learningRate", base.optimization().learningRate() * rule.factor(ratio));
        settings.addProperty("warmupSteps", scaled(base.optimization().warmupSteps(), ratio));
        settings.addProperty("steps", scaled(base.optimization().steps(), ratio));
        settings.addProperty("emaDecay", Math.pow(base.optimization().emaDecay(), ratio));
        return TrainingConfiguration.of(List.of(settings));
    }

    /** Steps that make as many images; 0 stays 0, and anything else at least 1. */
    private static long scaled(long steps, double ratio) {
        return steps == 0 ? 0 : Math.max(1, Math.round(steps / ratio));
    }
}
