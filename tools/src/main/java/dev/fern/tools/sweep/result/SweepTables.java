package dev.fern.tools.sweep.result;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.tools.sweep.result.RateChoice.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** The tables that both pages of a sweep show. */
final class SweepTables {

    private final SweepResults results;

    SweepTables(SweepResults results) {
        this.results = results;
    }

    /** Returns which learning rate was chosen for each norm at each batch size, and among which. */
    TextTable choices() {
        List<List<String>> rows = new ArrayList<>();
        for (RateChoice choice : results.choices()) {
            rows.add(
                    List.of(
                            Integer.toString(choice.batchSize()),
                            choice.norm(),
                            choice.rate().map(Grid::text).map(rate -> "x " + rate).orElse("-"),
                            choice.rate().map(rate -> rate(choice, rate)).orElse("-"),
                            Integer.toString(choice.added()),
                            state(choice),
                            tried(choice)));
        }
        return new TextTable(
                List.of(
                        "batch",
                        "norm",
                        "factor",
                        "learning rate",
                        "factors added",
                        "state",
                        "factor: AP on the tuning images"),
                rows);
    }

    private String rate(RateChoice choice, double factor) {
        return Grid.text(Grid.rounded(results.learningRate(choice.batchSize(), factor)));
    }

    private static String state(RateChoice choice) {
        return choice.state()
                + (choice.atEnd()
                        ? ", at an end of those tried: --widen was used up, so that the best rate may"
                                + " lie beyond"
                        : "");
    }

    private static String tried(RateChoice choice) {
        return choice.parts().stream()
                .map(
                        part ->
                                (part == 1 ? "" : "after " + Grid.text(part) + " of the training: ")
                                        + choice.trials().stream()
                                                .filter(trial -> trial.part() == part)
                                                .map(SweepTables::score)
                                                .collect(Collectors.joining(", ")))
                .collect(Collectors.joining("; "));
    }

    private static String score(Trial trial) {
        return Grid.text(trial.rate())
                + ": "
                + (trial.isDiverged() ? "diverged" : decimal(trial.score()));
    }

    /** Returns AP of each norm at each batch size with its intervals. */
    TextTable intervals() {
        List<List<String>> rows = new ArrayList<>();
        for (int batchSize : results.grid().batchSizes()) {
            for (String norm : results.grid().norms()) {
                Optional<Difference> own = results.comparisons().own(norm, batchSize);
                if (own.isPresent()) {
                    Optional<Difference> size = results.comparisons().size(norm, batchSize);
                    rows.add(
                            List.of(
                                    Integer.toString(batchSize),
                                    norm,
                                    decimal(own.get().b()),
                                    decimal(own.get().low()) + " to " + decimal(own.get().high()),
                                    size.map(d -> signed(d.difference())).orElse(""),
                                    size.map(d -> signed(d.low()) + " to " + signed(d.high()))
                                            .orElse("")));
                }
            }
        }
        return new TextTable(
                List.of(
                        "batch",
                        "norm",
                        "AP",
                        "95 % interval",
                        "difference to its largest batch",
                        "95 % interval"),
                rows);
    }

    /** Returns how each cell went and what it cost. */
    TextTable cells() {
        List<List<String>> rows = new ArrayList<>();
        for (CellResult cell : results.cells()) {
            CellHistory history = cell.history();
            rows.add(
                    List.of(
                            cell.cell().name(),
                            cell.status(),
                            Long.toString(history.steps()),
                            history.steps() == 0
                                    ? ""
                                    : 100 * history.clipped() / history.steps() + " %",
                            decimal(cell.number(CocoMetric.AP)),
                            cell.isDone()
                                    ? history.last().map(e -> Double.toString(e.ap())).orElse("")
                                    : "",
                            history.lastGain().isPresent()
                                    ? signed(history.lastGain().getAsDouble())
                                    : "",
                            minutes(cell.cost().wallSeconds()),
                            minutes(cell.cost().cpuSeconds()),
                            cell.outcome().map(o -> o.environment().processor()).orElse("")));
        }
        return new TextTable(
                List.of(
                        "cell",
                        "state",
                        "steps",
                        "clipped",
                        "AP",
                        "AP on all validation images",
                        "gain over the last fifth",
                        "minutes",
                        "minutes of a core",
                        "processor"),
                rows);
    }

    /** Returns the cells that have no numbers, and why. */
    TextTable withoutNumbers() {
        return new TextTable(
                List.of("cell", "state", "steps taken", "reason"),
                results.withoutNumbers().stream()
                        .map(
                                cell ->
                                        List.of(
                                                cell.cell().name(),
                                                cell.status(),
                                                Long.toString(cell.history().steps()),
                                                cell.outcome().map(CellOutcome::reason).orElse("")))
                        .toList());
    }

    /** Returns the command line of each cell that ended. */
    List<String> commands() {
        return results.cells().stream()
                .filter(cell -> cell.outcome().isPresent())
                .map(CellResult::command)
                .toList();
    }

    private static String minutes(double seconds) {
        return seconds == 0 ? "" : String.format(Locale.ROOT, "%.1f", seconds / 60);
    }

    private static String decimal(OptionalDouble value) {
        return value.isPresent() ? decimal(value.getAsDouble()) : "";
    }

    private static String decimal(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
    }

    private static String signed(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%+.3f", value);
    }
}
