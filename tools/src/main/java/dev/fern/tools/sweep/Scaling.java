package dev.fern.tools.sweep;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.util.List;
import java.util.Locale;

/**
 * Makes a cell's settings, so that cells differ in norm, batch size, seed and learning rate alone
 * and are equally long. The learning rate follows the batch size by a rule, times the cell's
 * factor.
 *
 * @param base settings for the batch size that they name; their norm and seed are not used
 * @param rule how the learning rate follows the batch size
 * @param equal in what all cells are equally long; so are their warm-ups and the reach of a moving
 *     average of the parameters
 */
record Scaling(TrainingConfiguration base, RateRule rule, Length equal) {

    /** In what cells are equally long. */
    enum Length {
        /** All see the same number of images. */
        IMAGES,
        /** All take the same number of steps, so that larger batches see more images. */
        STEPS;

        /** Returns its name on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How the learning rate follows the batch size. */
    enum RateRule {
        /** In proportion to it (Goyal et al., Accurate, Large Minibatch SGD, 2017). */
        LINEAR {
            @Override
            double factor(double ratio) {
                return ratio;
            }
        },
        /** With its square root (Krizhevsky, One weird trick, 2014, section 5). */
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
         * Returns what to multiply the learning rate by.
         *
         * @param ratio the batch size divided by the one that the rate was chosen for
         */
        abstract double factor(double ratio);

        /** Returns its name on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks that the settings let all cells be equally long.
     *
     * @throws IllegalArgumentException if trainings may end early, or have no length in steps that
     *     is to be equal
     */
    Scaling {
        if (base.loop().patience() > 0) {
            throw new IllegalArgumentException(
                    "patience must be 0, not "
                            + base.loop().patience()
                            + ": all trainings of a sweep are equally long");
        }
        if (equal == Length.STEPS && base.loop().steps() == 0) {
            throw new IllegalArgumentException(
                    "--equal steps needs a length in steps: give --steps");
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
                "learningRate",
                base.optimization().learningRate() * rule.factor(ratio) * cell.rate());
        if (equal == Length.IMAGES) {
            settings.addProperty("warmupSteps", scaled(base.optimization().warmupSteps(), ratio));
            settings.addProperty("steps", scaled(base.loop().steps(), ratio));
            settings.addProperty("emaDecay", Math.pow(base.loop().emaDecay(), ratio));
        }
        return TrainingConfiguration.of(List.of(settings));
    }

    /** Returns how many steps see as many images: 0 for 0, else at least 1. */
    private static long scaled(long steps, double ratio) {
        return steps == 0 ? 0 : Math.max(1, Math.round(steps / ratio));
    }
}
