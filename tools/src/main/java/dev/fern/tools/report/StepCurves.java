package dev.fern.tools.report;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * A training's numbers by step. Those of a long training are means over groups of neighbouring
 * steps, so that a run of any length takes the same memory.
 */
public final class StepCurves {

    /** Most groups: more than a plot has pixels. */
    static final int MOST = 2048;

    /** One of the numbers of a step. */
    enum Value {
        /** Focal loss. */
        CLASSIFICATION(StepNumbers::classification),
        /** Box loss. */
        REGRESSION(StepNumbers::regression),
        /** What is minimised: the sum of both. */
        LOSS(step -> step.classification() + step.regression()),
        /** The learning rate. */
        LEARNING_RATE(StepNumbers::learningRate),
        /** The norm of all gradients together. */
        GRADIENT_NORM(StepNumbers::gradientNorm);

        private final ToDoubleFunction<StepNumbers> of;

        Value(ToDoubleFunction<StepNumbers> of) {
            this.of = of;
        }
    }

    /**
     * The numbers of one step.
     *
     * @param step counted from 1
     * @param classification focal loss, or NaN
     * @param regression box loss, or NaN
     * @param learningRate of this step
     * @param gradientNorm norm of all gradients together, before clipping
     * @param images how many images it saw
     * @param seconds how long it took
     */
    public record StepNumbers(
            long step,
            double classification,
            double regression,
            double learningRate,
            double gradientNorm,
            int images,
            double seconds) {}

    private final double[] lastSteps = new double[MOST];
    private final double[] lastImages = new double[MOST];
    private final double[][] sums = new double[Value.values().length][MOST];
    private final int[][] counts = new int[Value.values().length][MOST];
    private int groupSize = 1;
    private int inLastGroup;
    private int groups;
    private long images;
    private double seconds;

    /** Makes the curves of a training that has taken no step. */
    public StepCurves() {}

    /**
     * Adds a step. Numbers that are not finite count as absent.
     *
     * @param step comes after those that were added before
     */
    public void add(StepNumbers step) {
        if (groups == 0 || inLastGroup == groupSize) {
            if (groups == MOST) {
                mergePairs();
            }
            groups++;
            inLastGroup = 0;
        }
        int group = groups - 1;
        inLastGroup++;
        images += step.images();
        seconds += step.seconds();
        lastSteps[group] = step.step();
        lastImages[group] = images;
        for (Value value : Value.values()) {
            double number = value.of.applyAsDouble(step);
            if (Double.isFinite(number)) {
                sums[value.ordinal()][group] += number;
                counts[value.ordinal()][group]++;
            }
        }
    }

    private void mergePairs() {
        for (int i = 0; i < MOST / 2; i++) {
            lastSteps[i] = lastSteps[2 * i + 1];
            lastImages[i] = lastImages[2 * i + 1];
            for (int v = 0; v < sums.length; v++) {
                sums[v][i] = sums[v][2 * i] + sums[v][2 * i + 1];
                counts[v][i] = counts[v][2 * i] + counts[v][2 * i + 1];
            }
        }
        for (int v = 0; v < sums.length; v++) {
            Arrays.fill(sums[v], MOST / 2, MOST, 0);
            Arrays.fill(counts[v], MOST / 2, MOST, 0);
        }
        groups = MOST / 2;
        groupSize *= 2;
    }

    /** Returns the last step of each group. */
    double[] steps() {
        return Arrays.copyOf(lastSteps, groups);
    }

    /** Returns the mean of each group; NaN where none of its numbers is finite. */
    double[] means(Value value) {
        double[] means = new double[groups];
        for (int i = 0; i < groups; i++) {
            means[i] = sums[value.ordinal()][i] / counts[value.ordinal()][i];
        }
        return means;
    }

    /** Returns how many images were seen up to a step; 0 before the first. */
    double imagesAt(double step) {
        int after = Arrays.binarySearch(lastSteps, 0, groups, step);
        if (after >= 0) {
            return lastImages[after];
        }
        int next = -after - 1;
        double fromStep = next == 0 ? 0 : lastSteps[next - 1];
        double fromImages = next == 0 ? 0 : lastImages[next - 1];
        return next == groups
                ? fromImages
                : fromImages
                        + (step - fromStep)
                                / (lastSteps[next] - fromStep)
                                * (lastImages[next] - fromImages);
    }

    /** {@return the number of the last step, or 0 if there is none} */
    public long lastStep() {
        return groups == 0 ? 0 : (long) lastSteps[groups - 1];
    }

    /** {@return how many images all steps saw together, each as often as it came} */
    public long images() {
        return images;
    }

    /** {@return how many seconds all steps took together} */
    public double seconds() {
        return seconds;
    }
}
