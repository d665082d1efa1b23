package dev.fern.tools.sweep;

import dev.fern.tools.console.VisibleText;
import dev.fern.tools.sweep.Grid.Cell;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Says on standard error how a sweep goes on, in one line per cell. */
final class SweepProgress implements SweepRunner.Listener {

    private final PrintStream err;
    private final int total;
    private final int processes;
    private int ended;
    private final int endedBefore;
    private double seconds;

    /**
     * Starts with some cells done.
     *
     * @param err where the lines go
     * @param total how many cells the sweep has
     * @param endedBefore how many of them need no more training
     * @param processes how many are trained at a time
     */
    SweepProgress(PrintStream err, int total, int endedBefore, int processes) {
        this.err = err;
        this.total = total;
        this.ended = endedBefore;
        this.endedBefore = endedBefore;
        this.processes = processes;
    }

    @Override
    public synchronized void ended(
            Cell cell, Optional<CellOutcome> outcome, CellHistory history, double cellSeconds) {
        if (outcome.isEmpty()) {
            err.printf("%s  stopped at step %d%n", cell.name(), history.steps().size());
            return;
        }
        ended++;
        seconds += cellSeconds;
        String result =
                outcome.get().isDone()
                        ? history.last()
                                .map(
                                        e ->
                                                String.format(
                                                        Locale.ROOT,
                                                        "AP %.3f  AP50 %.3f",
                                                        e.numbers().get("AP"),
                                                        e.numbers().get("AP50")))
                                .orElse("no evaluation")
                        : "failed: " + VisibleText.of(outcome.get().reason());
        double secondsLeft = seconds / (ended - endedBefore) * (total - ended) / processes;
        err.printf(
                "[%d/%d] %s  %s  %s  (about %s left)%n",
                ended, total, cell.name(), result, clock(cellSeconds), clock(secondsLeft));
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
