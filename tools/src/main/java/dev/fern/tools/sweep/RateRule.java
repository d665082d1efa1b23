package dev.fern.tools.sweep;

import java.util.Locale;

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
