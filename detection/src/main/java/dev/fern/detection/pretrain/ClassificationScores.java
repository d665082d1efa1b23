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

    /** The name of the part of images whose class has the largest logit. */
    public static final String TOP1 = "top1";

    /** The name of the part of images whose class has one of the five largest logits. */
    public static final String TOP5 = "top5";

    /** The name of the loss. */
    public static final String LOSS = "loss";

    private static final int FIVE = 5;

    /**
     * What became of the images of one class.
     *
     * @param name the class
     * @param images how many there are
     * @param top1 for how many of them the class has the largest logit
     * @param top5 for how many of them it has one of the five largest
     */
    public record ClassCounts(String name, int images, int top1, int top5) {}

    /** Copies the list. */
    public ClassificationScores {
        classes = List.copyOf(classes);
    }

    /** Counts image after image. */
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
         * @param logits [K]
         * @param label its class
         * @param loss its cross entropy
         */
        void add(float[] logits, int label, double loss) {
            int rank = rank(logits, label);
            images[label]++;
            top1[label] += rank < 1 ? 1 : 0;
            top5[label] += rank < FIVE ? 1 : 0;
            losses += loss;
        }

        /** How many classes come before this one; of equal logits the first class's does. */
        private static int rank(float[] logits, int label) {
            float own = logits[label];
            int before = 0;
            for (int k = 0; k < logits.length; k++) {
                // written so that what is no number comes before, and is no success itself
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

    /** Returns how many images there are. */
    public int images() {
        return sum(ClassCounts::images);
    }

    /** Returns the part of the images whose class has the largest logit, 0 to 1. */
    public double top1() {
        return (double) sum(ClassCounts::top1) / images();
    }

    /** Returns the part of the images whose class has one of the five largest logits, 0 to 1. */
    public double top5() {
        return (double) sum(ClassCounts::top5) / images();
    }

    private int sum(ToIntFunction<ClassCounts> count) {
        return classes.stream().mapToInt(count).sum();
    }

    /** Returns the numbers by their names. */
    public Map<String, Double> numbers() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put(TOP1, top1());
        numbers.put(TOP5, top5());
        numbers.put(LOSS, loss);
        return numbers;
    }
}
