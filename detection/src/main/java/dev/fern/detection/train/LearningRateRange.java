package dev.fern.detection.train;

import dev.fern.detection.data.BatchSource;
import dev.fern.detection.device.StepNumbers;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;

/**
 * A learning rate range test (Smith, WACV 2017): a short training whose learning rate rises
 * exponentially from step to step, to see at which rates the loss falls.
 *
 * @param points one per step, rates rising
 */
public record LearningRateRange(List<Point> points) {

    /** Weight that a running mean of the loss keeps from step to step. */
    private static final double KEPT = 0.8;

    /** The mean is one of medians of so many losses, so that single images do not bend it. */
    private static final int MEDIAN_OF = 5;

    /** The test ends where the running mean is this many times its smallest value. */
    private static final double DIVERGED = 4;

    /** The loss has begun to grow where the running mean is this many times its smallest so far. */
    private static final double RISEN = 1.25;

    /** Points on either side of one at which the slope of the loss is taken, as part of all. */
    private static final double SLOPE_PART = 0.08;

    /**
     * A step of the test.
     *
     * @param rate learning rate of the step
     * @param loss of the step's images, before the step
     * @param smoothed running mean of the loss, without its spikes
     */
    public record Point(double rate, double loss, double smoothed) {}

    /**
     * Keeps a copy of the points.
     *
     * @param points one per step, rates rising
     */
    public LearningRateRange {
        points = List.copyOf(points);
    }

    /**
     * Trains with rising rates. The network is worth nothing afterwards.
     *
     * @param <B> the task's kind of batch
     * @param task what is trained
     * @param accumulate how many batches make one step, at least 1
     * @param steps at most so many, at least 2; fewer where the loss grows beyond measure
     * @param lowest rate of the first step, above 0
     * @param highest rate of the last step, above {@code lowest}
     * @param progress is told how many steps are done
     * @return the steps that were taken
     * @throws IOException if an image can't be used and is not to be skipped, or if none can be
     *     used
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static <B> LearningRateRange measure(
            TrainingTask<B> task,
            int accumulate,
            int steps,
            double lowest,
            double highest,
            IntConsumer progress)
            throws IOException, InterruptedException {
        Recording recording = new Recording(steps, lowest, highest);
        for (int epoch = 0; !recording.isOver(); epoch++) {
            int before = recording.points.size();
            StepTotals totals = new StepTotals();
            int batches = 0;
            try (BatchSource<B> source = task.load(epoch, 0)) {
                for (Optional<B> batch = source.next();
                        batch.isPresent() && !recording.isOver();
                        batch = source.next()) {
                    totals.add(task.accumulate(batch.get()));
                    if (++batches % accumulate == 0) {
                        recording.step(task, totals, epoch);
                        progress.accept(recording.points.size());
                    }
                }
            }
            if (batches > 0 && batches < accumulate) {
                recording.step(task, totals, epoch);
            }
            if (recording.points.size() == before) {
                throw new IOException("none of the training images can be used");
            }
        }
        return new LearningRateRange(recording.points);
    }

    /** The steps of a test as they are taken. */
    private static final class Recording {

        private final int steps;
        private final double lowest;
        private final double highest;
        private final List<Point> points = new ArrayList<>();
        private final Deque<Double> recent = new ArrayDeque<>();
        private double mean;
        private double smallest = Double.POSITIVE_INFINITY;
        private boolean diverged;

        Recording(int steps, double lowest, double highest) {
            this.steps = steps;
            this.lowest = lowest;
            this.highest = highest;
        }

        boolean isOver() {
            return diverged || points.size() == steps;
        }

        void step(TrainingTask<?> task, StepTotals totals, int epoch) {
            int taken = points.size();
            double rate = lowest * Math.pow(highest / lowest, taken / (steps - 1.0));
            TrainingListener.Step step =
                    task.onDevice()
                            .map(
                                    device -> {
                                        device.step(rate);
                                        StepNumbers numbers = device.read().get(0);
                                        return totals.finish(taken + 1, epoch + 1, rate, Double.NaN)
                                                .with(numbers.losses(), numbers.gradientNorm());
                                    })
                            .orElseGet(
                                    () ->
                                            totals.finish(
                                                    taken + 1,
                                                    epoch + 1,
                                                    rate,
                                                    task.optimizer().step(rate)));
            diverged = !Double.isFinite(step.loss()) || !Double.isFinite(step.gradientNorm());
            if (diverged) {
                return;
            }
            recent.addFirst(step.loss());
            if (recent.size() > MEDIAN_OF) {
                recent.removeLast();
            }
            mean = KEPT * mean + (1 - KEPT) * median(recent);
            double smoothed = mean / (1 - Math.pow(KEPT, taken + 1.0));
            points.add(new Point(rate, step.loss(), smoothed));
            smallest = Math.min(smallest, smoothed);
            diverged = smoothed > DIVERGED * smallest;
        }
    }

    private static double median(Collection<Double> losses) {
        double[] sorted = losses.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /**
     * Returns a rate to train with: the one at which the running mean of the loss falls most
     * steeply over the logarithm of the rate, before the loss grows. A network that survives a
     * growing loss is another one afterwards, so that what its loss does then tells nothing. If the
     * loss falls nowhere before it grows, what it does before it is smallest counts.
     *
     * @return the rate; empty if the loss falls nowhere
     */
    public OptionalDouble suggestion() {
        OptionalDouble early = steepest(points.subList(0, rise()));
        if (early.isPresent()) {
            return early;
        }
        int smallest = 0;
        for (int i = 1; i < points.size(); i++) {
            if (points.get(i).smoothed() < points.get(smallest).smoothed()) {
                smallest = i;
            }
        }
        return steepest(points.subList(0, Math.min(points.size(), smallest + reach() + 1)));
    }

    /** Returns the number of points before the loss has grown. */
    private int rise() {
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < points.size(); i++) {
            double smoothed = points.get(i).smoothed();
            if (smoothed > RISEN * smallest) {
                return i;
            }
            smallest = Math.min(smallest, smoothed);
        }
        return points.size();
    }

    private int reach() {
        return Math.max(2, (int) Math.round(SLOPE_PART * points.size()));
    }

    private OptionalDouble steepest(List<Point> part) {
        OptionalDouble best = OptionalDouble.empty();
        double steepest = 0;
        for (int i = reach(); i < part.size() - reach(); i++) {
            double slope = part.get(i + reach()).smoothed() - part.get(i - reach()).smoothed();
            if (slope < steepest) {
                steepest = slope;
                best = OptionalDouble.of(part.get(i).rate());
            }
        }
        return best;
    }
}
