package dev.fern.tools.sweep;

import dev.fern.detection.train.MetricsLog;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.sweep.result.CellHistory;
import dev.fern.tools.sweep.result.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;

/**
 * Tells a training that diverged: one whose mean loss over some images in a row exceeds a multiple
 * of that over its first ones. This depends on the steps alone, not on when one looks.
 *
 * @param factor the multiple; 0 if losses are not looked at
 */
record Divergence(double factor) {

    /** Over at least so many images losses are averaged. */
    static final int IMAGES = 100;

    /** The loss of one step, times its images. */
    private record Step(int images, double loss) {}

    /** Losses in a row. */
    private final class Losses {
        private final Deque<Step> steps = new ArrayDeque<>();
        private int images;
        private double sum;
        private long taken;
        private double first = Double.NaN;
        private Optional<String> finding = Optional.empty();

        void add(int count, double loss) {
            taken++;
            steps.add(new Step(count, count * loss));
            images += count;
            sum += count * loss;
            while (images - steps.getFirst().images >= IMAGES) {
                Step left = steps.removeFirst();
                images -= left.images;
                sum -= left.loss;
            }
            if (images < IMAGES) {
                return;
            }
            double mean = sum / images;
            if (Double.isNaN(first)) {
                first = mean;
            } else if (finding.isEmpty() && mean > factor * first) {
                finding =
                        Optional.of(
                                String.format(
                                        Locale.ROOT,
                                        "at step %d the mean loss over %d images is %.4g, more than %s"
                                                + " times the %.4g of the first ones",
                                        taken,
                                        images,
                                        mean,
                                        Grid.text(factor),
                                        first));
            }
        }
    }

    /**
     * Looks at the steps that a training has taken.
     *
     * @return how it diverged, in one line; empty if it did not
     * @throws IOException naming the file and line of the metrics that can't be used
     */
    Optional<String> of(RunDirectory run) throws IOException {
        if (factor == 0 || !Files.exists(run.metrics())) {
            return Optional.empty();
        }
        Losses losses = new Losses();
        MetricsLog.read(
                run.metrics(),
                line -> {
                    if (!line.has(MetricsLog.EVALUATION)) {
                        losses.add(line.get("images").getAsInt(), CellHistory.loss(line));
                    }
                });
        return losses.finding;
    }
}
