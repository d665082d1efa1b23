package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.train.TrainingConfiguration;
import dev.fern.tools.sweep.Grid.Cell;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A cell as far as it has come.
 *
 * @param configuration its settings
 * @param outcome empty while it has not ended
 * @param history of its training
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

    /** done, failed, or unfinished. */
    String status() {
        return isDone() ? "done" : isFailed() ? "failed" : "unfinished";
    }

    /** A number of the last epoch's model; empty where the cell is not done or it is undefined. */
    OptionalDouble number(CocoMetric metric) {
        if (!isDone() || history.last().isEmpty()) {
            return OptionalDouble.empty();
        }
        Double value = history.last().get().numbers().get(metric.label());
        return value == null || value < 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
