package dev.fern.tools.sweep;

import dev.fern.tools.console.VisibleText;
import dev.fern.tools.sweep.SweepPlan.Standing;
import dev.fern.tools.sweep.SweepRunner.Ended;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.Grid;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Says on standard error how a sweep goes on, in one line per training. */
final class SweepProgress {

    private final PrintStream err;
    private final int processes;
    private final int endedBefore;
    private int ended;
    private double seconds;

    /**
     * Starts with some cells done.
     *
     * @param err where the lines go
     * @param endedBefore how many cells need no more training
     * @param processes how many are trained at a time
     */
    SweepProgress(PrintStream err, int endedBefore, int processes) {
        this.err = err;
        this.ended = endedBefore;
        this.endedBefore = endedBefore;
        this.processes = processes;
    }

    /** Tells of a process that ended, and how the sweep stands then. */
    synchronized void ended(Ended training, Standing standing) {
        String name = training.job().cell().name();
        if (!training.isThrough()) {
            err.printf("%s  stopped at step %d%n", name, training.history().steps());
            return;
        }
        ended++;
        seconds += training.seconds();
        int left = standing.needed().size() + standing.later();
        double secondsLeft = seconds / (ended - endedBefore) * left / processes;
        err.printf(
                "[%d/%d] %s  %s  %s  (about %s left)%n",
                ended,
                ended + left,
                name,
                result(training),
                clock(training.seconds()),
                clock(secondsLeft));
    }

    private static String result(Ended training) {
        if (training.outcome().isEmpty()) {
            return String.format(
                    Locale.ROOT,
                    "after %s of the training: AP %.3f on the tuning images",
                    Grid.text(training.job().part()),
                    training.tuningAp().orElseThrow());
        }
        CellOutcome outcome = training.outcome().get();
        return switch (outcome.status()) {
            case DONE ->
                    training.history()
                            .last()
                            .map(
                                    e ->
                                            String.format(
                                                    Locale.ROOT,
                                                    "AP %.3f  AP50 %.3f",
                                                    e.numbers().get("AP"),
                                                    e.numbers().get("AP50")))
                            .orElse("no evaluation");
            case DIVERGED -> "diverged: " + VisibleText.of(outcome.reason());
            case FAILED -> "failed: " + VisibleText.of(outcome.reason());
        };
    }

    private static String clock(double seconds) {
        Duration duration = Duration.ofSeconds(Math.round(seconds));
        return String.format(
                Locale.ROOT,
                "%d:%02d:%02d",
                duration.toHours(),
                duration.toMinutesPart(),
                duration.toSecondsPart());
    }
}
