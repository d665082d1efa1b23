package dev.fern.detection.pretrain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How often a classifier was right.
 *
 * @param classes the counts of each class, in the order of the labels
 * @param loss cross entropy without label smoothing, the mean over the images
 */
public record ClassificationScores(List<ClassCounts> classes, double loss) {

    /** The name of the part of the images whose class has the largest logit. */
    public static final String TOP1 = "top1";

    /** The name of the part of the images whose class has one of the five largest logits. */
    public static final String TOP5 = "top5";

    /** The name of the mean cross entropy. */
    public static final String LOSS = "loss";

    private static final int FIVE = 5;

    /**
     * How often a classifier was right on the images of one class.
     *
     * @param name name of the class
     * @param images number of its images
     * @param top1 number of images for which the class has the largest logit
     * @param top5 number of images for which it has one of the five largest logits
     */
    public record ClassCounts(String name, int images, int top1, int top5) {}

    /**
     * Makes the list immutable.
     *
     * @param classes the counts of each class, in the order of the labels
     * @param loss the mean over the images
     */
    public ClassificationScores {
        classes = List.copyOf(classes);
    }

    /** Counts the images one by one. */
    static final class Counter {

        private final List<String> names;
        private final int[] images;
        private final int[] top1;
        private final int[] top5;
        private double losses;

        Counter(List<String> names) {
            this.names = names;
            images = new int[names.size()];
            top1 = new int[names.size()];
            top5 = new int[names.size()];
        }

        /**
         * Adds an image.
         *
         * @param logits [K], what the classifier says of the image
         * @param label index of the image's class
         * @param loss cross entropy of the image
         */
        void add(float[] logits, int label, double loss) {
            int rank = rank(logits, label);
            images[label]++;
            top1[label] += rank < 1 ? 1 : 0;
            top5[label] += rank < FIVE ? 1 : 0;
            losses += loss;
        }

        /**
         * Returns how many classes come before one; where logits are equal, the earlier class does.
         */
        private static int rank(float[] logits, int label) {
            float own = logits[label];
            int before = 0;
            for (int k = 0; k < logits.length; k++) {
                // Written so that a logit that is not a number comes before, and is no success
                // itself.
                boolean after = logits[k] < own || logits[k] == own && k >= label;
                before += after ? 0 : 1;
            }
            return before;
        }

        ClassificationScores scores() {
            List<ClassCounts> counts = new ArrayList<>();
            int all = 0;
            for (int k = 0; k < names.size(); k++) {
                counts.add(new ClassCounts(names.get(k), images[k], top1[k], top5[k]));
                all += images[k];
            }
            return new ClassificationScores(counts, losses / all);
        }
    }

    /** {@return the number of images of all classes} */
    public int images() {
        return sum(ClassCounts::images);
    }

    /** {@return the part of the images whose class has the largest logit, 0 to 1} */
    public double top1() {
        return (double) sum(ClassCounts::top1) / images();
    }

    /** {@return the part of the images whose class has one of the five largest logits, 0 to 1} */
    public double top5() {
        return (double) sum(ClassCounts::top5) / images();
    }

    private int sum(ToIntFunction<ClassCounts> count) {
        return classes.stream().mapToInt(count).sum();
    }

    /**
     * {@return the parts and the loss by their names {@link #TOP1}, {@link #TOP5}, {@link #LOSS}}
     */
    public Map<String, Double> numbers() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put(TOP1, top1());
        numbers.put(TOP5, top5());
        numbers.put(LOSS, loss);
        return numbers;
    }
}
