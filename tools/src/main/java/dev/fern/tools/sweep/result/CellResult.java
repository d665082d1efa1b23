package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A cell as far as it has come.
 *
 * @param cell which one
 * @param configuration its settings
 * @param command the command line that trains it by itself
 * @param outcome how it ended; empty while it has not
 * @param history how its training went
 * @param numbers COCO's twelve of the last epoch's model on the images that are reported on, by
 *     their names; empty if the cell is not done
 * @param cost what its training took
 */
public record CellResult(
        Cell cell,
        TrainingConfiguration configuration,
        String command,
        Optional<CellOutcome> outcome,
        CellHistory history,
        Map<String, Double> numbers,
        CellCost cost) {

    /**
     * Copies the map.
     *
     * @param cell not null
     * @param configuration not null
     * @param command not null
     * @param outcome not null
     * @param history not null
     * @param numbers in COCO's order
     * @param cost not null
     */
    public CellResult {
        numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    }

    /** {@return whether the training reached its end} */
    public boolean isDone() {
        return outcome.isPresent() && outcome.get().isDone();
    }

    /** Returns whether the training ended without a result or diverged. */
    boolean isWithoutNumbers() {
        return outcome.isPresent() && !outcome.get().isDone();
    }

    /** Returns {@code done}, {@code diverged}, {@code failed} or {@code unfinished}. */
    String status() {
        return outcome.map(CellOutcome::status)
                .map(Status::name)
                .orElse("unfinished")
                .toLowerCase(Locale.ROOT);
    }

    /**
     * Returns a number of the last epoch's model, 0 to 1; empty if the cell is not done or the
     * number is undefined.
     */
    OptionalDouble number(CocoMetric metric) {
        Double value = numbers.get(metric.label());
        return !isDone() || value == null || value < 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(value);
    }
}
