package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.sweep.Grid.Cell;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A cell as far as it has come.
 *
 * @param cell which one
 * @param configuration its settings
 * @param outcome how it ended; empty while it has not
 * @param history how its training went
 */
record CellResult(
        Cell cell,
        TrainingConfiguration configuration,
        Optional<CellOutcome> outcome,
        CellHistory history) {

    boolean isDone() {
        return outcome.isPresent() && outcome.get().isDone();
    }

    boolean isFailed() {
        return outcome.isPresent() && !outcome.get().isDone();
    }

    /** Returns {@code done}, {@code failed} or {@code unfinished}. */
    String status() {
        return isDone() ? "done" : isFailed() ? "failed" : "unfinished";
    }

    /**
     * Returns a number of the last epoch's model, 0 to 1; empty if the cell is not done or the
     * number is undefined.
     */
    OptionalDouble number(CocoMetric metric) {
        if (!isDone() || history.last().isEmpty()) {
            return OptionalDouble.empty();
        }
        Double value = history.last().get().numbers().get(metric.label());
        return value == null || value < 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
