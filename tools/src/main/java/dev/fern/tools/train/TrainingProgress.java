package dev.fern.tools.train;

import dev.fern.detection.train.TrainingListener;
import dev.fern.tools.console.VisibleText;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how a training goes: as a bar on a terminal, as one line every few steps elsewhere. */
final class TrainingProgress implements TrainingListener, AutoCloseable {

    /** Weight of the newest step in the running means. */
    private static final double SMOOTHING = 0.05;

    private static final long LINE_NANOS = 10_000_000_000L;

    private final PrintStream err;
    private final boolean terminal;
    private final int lineEvery;
    private final List<String> shown;
    private ProgressBar bar;
    private long totalSteps;
    private long lastLineNanos;
    private double loss = Double.NaN;
    private double secondsPerStep = Double.NaN;

    /**
     * Prepares to show a training.
     *
     * @param err where to
     * @param terminal whether to draw a bar
     * @param lineEvery number of steps from one line to the next without a bar; 0 for one line
     *     every ten seconds
     * @param shown names of the numbers of an evaluation that are shown
     */
    TrainingProgress(PrintStream err, boolean terminal, int lineEvery, List<String> shown) {
        this.err = err;
        this.terminal = terminal;
        this.lineEvery = lineEvery;
        this.shown = shown;
    }

    @Override
    public void note(String line) {
        print(VisibleText.of(line));
    }

    @Override
    public void started(long firstStep, long total) {
        totalSteps = total;
        lastLineNanos = System.nanoTime();
        if (terminal) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName("train")
                            .setInitialMax(total)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUnit(" steps", 1)
                            .startsFrom(firstStep - 1, Duration.ZERO)
                            .build();
        } else {
            err.printf(
                    Locale.ROOT,
                    firstStep > total
                            ? "all %2$d steps are taken already%n"
                            : "training steps %d to %d%n",
                    firstStep,
                    total);
        }
    }

    @Override
    public void shortened(long total) {
        totalSteps = total;
        if (bar != null) {
            bar.maxHint(total);
        }
    }

    @Override
    public void step(Step step) {
        loss = smooth(loss, step.loss());
        secondsPerStep = smooth(secondsPerStep, step.seconds());
        double imagesPerSecond = step.images() / secondsPerStep;
        if (bar != null) {
            bar.setExtraMessage(
                    String.format(
                            Locale.ROOT,
                            " epoch %d  loss %.3f  %.1f images/s",
                            step.epoch(),
                            loss,
                            imagesPerSecond));
            bar.stepTo(step.step());
            return;
        }
        boolean due =
                lineEvery > 0
                        ? step.step() % lineEvery == 0
                        : System.nanoTime() - lastLineNanos > LINE_NANOS;
        if (due || step.step() == totalSteps) {
            lastLineNanos = System.nanoTime();
            Duration left =
                    Duration.ofSeconds(Math.round(secondsPerStep * (totalSteps - step.step())));
            err.printf(
                    Locale.ROOT,
                    "step %d/%d  epoch %d  loss %.4f (%s)  rate %.5f"
                            + "  gradient %.2f  %.1f images/s  %s left%n",
                    step.step(),
                    totalSteps,
                    step.epoch(),
                    loss,
                    numbers(step.losses(), step.losses().keySet(), "%s %.4f", ", "),
                    step.learningRate(),
                    step.gradientNorm(),
                    imagesPerSecond,
                    clock(left));
        }
    }

    private static double smooth(double mean, double value) {
        return Double.isNaN(mean) ? value : mean + SMOOTHING * (value - mean);
    }

    private static String numbers(
            Map<String, Double> numbers, Collection<String> names, String format, String between) {
        return names.stream()
                .map(name -> String.format(Locale.ROOT, format, name, numbers.get(name)))
                .collect(Collectors.joining(between));
    }

    private static String clock(Duration duration) {
        return String.format(
                Locale.ROOT,
                "%d:%02d:%02d",
                duration.toHours(),
                duration.toMinutesPart(),
                duration.toSecondsPart());
    }

    @Override
    public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
        print(
                String.format(
                        Locale.ROOT,
                        "epoch %d  %s%s",
                        epoch,
                        numbers(numbers, shown, "%s %.3f", "  "),
                        best ? "  (best so far)" : ""));
    }

    @Override
    public void skipped(String reason) {
        print("left out: " + VisibleText.of(reason));
    }

    /** Prints a line without tearing the bar. */
    private void print(String line) {
        err.println((bar == null ? "" : "\r\u001b[K") + line);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
