package dev.fern.tools.sweep.result;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The cells of a sweep as far as they have come.
 *
 * @param command the command line of the sweep
 * @param settings what all cells share: {@code data}, {@code rateRule}, {@code settings} and, where
 *     learning rates are chosen, {@code tuning}
 * @param grid what is trained
 * @param tuningImages ids of the validation images on which learning rates are chosen, and which
 *     are not reported on; empty if nothing is chosen
 * @param cells in the order in which they are trained
 * @param choices one for each norm at each batch size, batch size by batch size
 * @param comparisons how sure differences are
 */
public record SweepResults(
        String command,
        JsonObject settings,
        Grid grid,
        List<Long> tuningImages,
        List<CellResult> cells,
        List<RateChoice> choices,
        Comparisons comparisons) {

    /**
     * How a number spreads over several runs.
     *
     * @param count how many runs
     * @param mean arithmetic mean; NaN without runs
     * @param deviation sample standard deviation, which divides by {@code count - 1}; NaN for fewer
     *     than two runs
     * @param least the smallest number; NaN without runs
     * @param most the largest number; NaN without runs
     */
    public record Spread(int count, double mean, double deviation, double least, double most) {

        /** Returns the spread of some values. */
        static Spread of(double... values) {
            int n = values.length;
            double mean = Arrays.stream(values).average().orElse(Double.NaN);
            double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
            return new Spread(
                    n,
                    mean,
                    n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1)),
                    Arrays.stream(values).min().orElse(Double.NaN),
                    Arrays.stream(values).max().orElse(Double.NaN));
        }
    }

    /**
     * An interval of AP, or of a difference in AP, of a norm at a batch size.
     *
     * @param norm the normaliser
     * @param batchSize images that pass the network together
     * @param ap AP as its difference to a detector that finds nothing, or the difference to another
     *     batch size
     */
    public record ApInterval(String norm, int batchSize, Difference ap) {

        private static Optional<Difference> of(
                List<ApInterval> intervals, String norm, int batchSize) {
            return intervals.stream()
                    .filter(i -> i.norm.equals(norm) && i.batchSize == batchSize)
                    .map(ApInterval::ap)
                    .findFirst();
        }
    }

    /**
     * What the bootstrap says, each time of the cells at the chosen learning rates.
     *
     * @param norms every norm compared with the first one at each batch size
     * @param own AP of each norm at each batch size
     * @param sizes each norm at each batch size compared with its own largest batch size
     */
    public record Comparisons(
            List<NormComparison> norms, List<ApInterval> own, List<ApInterval> sizes) {

        /** No comparison. */
        public static final Comparisons NONE = new Comparisons(List.of(), List.of(), List.of());

        /**
         * Copies the lists.
         *
         * @param norms not null
         * @param own not null
         * @param sizes not null
         */
        public Comparisons {
            norms = List.copyOf(norms);
            own = List.copyOf(own);
            sizes = List.copyOf(sizes);
        }

        Optional<Difference> own(String norm, int batchSize) {
            return ApInterval.of(own, norm, batchSize);
        }

        Optional<Difference> size(String norm, int batchSize) {
            return ApInterval.of(sizes, norm, batchSize);
        }
    }

    /**
     * Copies the lists.
     *
     * @param command not null
     * @param settings not null
     * @param grid not null
     * @param tuningImages not null
     * @param cells not null
     * @param choices not null
     * @param comparisons not null
     */
    public SweepResults {
        tuningImages = List.copyOf(tuningImages);
        cells = List.copyOf(cells);
        choices = List.copyOf(choices);
    }

    /**
     * {@return the same results with other comparisons}
     *
     * @param other in place of those that these have
     */
    public SweepResults with(Comparisons other) {
        return new SweepResults(command, settings, grid, tuningImages, cells, choices, other);
    }

    /**
     * {@return the cells of one norm and batch size at the learning rate that was chosen, one for
     * each seed; empty while none is chosen}
     *
     * @param norm the normaliser
     * @param batchSize images that pass the network together
     */
    public List<CellResult> cells(String norm, int batchSize) {
        Optional<Double> rate = choice(norm, batchSize).rate();
        return rate.map(
                        chosen ->
                                cellsOfAllRates(norm, batchSize).stream()
                                        .filter(c -> c.cell().rate() == chosen)
                                        .toList())
                .orElse(List.of());
    }

    /** Returns the cells of one norm and batch size at every learning rate that was tried. */
    List<CellResult> cellsOfAllRates(String norm, int batchSize) {
        return cells.stream()
                .filter(c -> c.cell().norm().equals(norm) && c.cell().batchSize() == batchSize)
                .toList();
    }

    /** Returns how the learning rate of a norm at a batch size was chosen. */
    RateChoice choice(String norm, int batchSize) {
        return choices.stream()
                .filter(c -> c.norm().equals(norm) && c.batchSize() == batchSize)
                .findFirst()
                .orElseThrow();
    }

    /** {@return whether learning rates were compared} */
    public boolean hasTrials() {
        return choices.stream().anyMatch(choice -> !choice.trials().isEmpty());
    }

    /** Returns how a number spreads over the seeds that are done, at the chosen learning rate. */
    Spread spread(String norm, int batchSize, CocoMetric metric) {
        return Spread.of(
                cells(norm, batchSize).stream()
                        .map(cell -> cell.number(metric))
                        .filter(OptionalDouble::isPresent)
                        .mapToDouble(OptionalDouble::getAsDouble)
                        .toArray());
    }

    /** {@return the cells that failed or diverged} */
    public List<CellResult> withoutNumbers() {
        return cells.stream().filter(CellResult::isWithoutNumbers).toList();
    }

    /** Returns how many cells ended in a way. */
    long count(Status status) {
        return cells.stream()
                .flatMap(cell -> cell.outcome().stream())
                .filter(outcome -> outcome.status() == status)
                .count();
    }

    /** Returns how many minutes the training steps of all cells took. */
    double minutes() {
        return cells.stream().mapToDouble(cell -> cell.history().seconds()).sum() / 60;
    }

    /** Returns how many hours of a core all processes took that trained cells. */
    double coreHours() {
        return cells.stream().mapToDouble(cell -> cell.cost().cpuSeconds()).sum() / 3600;
    }

    /** Returns what the cells that ended were trained with, each environment once. */
    List<Environment> environments() {
        return cells.stream()
                .flatMap(cell -> cell.outcome().stream())
                .map(CellOutcome::environment)
                .distinct()
                .toList();
    }

    /** Returns the learning rate that the rule scales. */
    double baseRate() {
        return settings.getAsJsonObject("settings").get("learningRate").getAsDouble();
    }

    /** Returns the batch size that {@link #baseRate} is for. */
    int baseBatchSize() {
        return settings.getAsJsonObject("settings").get("batchSize").getAsInt();
    }

    /** Returns the name of the rule by which the learning rate follows the batch size. */
    String rateRule() {
        return settings.get("rateRule").getAsString();
    }

    /**
     * Returns the learning rate of the cells of a batch size at a factor on the rule; NaN if there
     * is no cell of the batch size.
     */
    double learningRate(int batchSize, double rate) {
        return cells.stream()
                .filter(c -> c.cell().batchSize() == batchSize)
                .findFirst()
                .map(c -> c.configuration().optimization().learningRate() / c.cell().rate() * rate)
                .orElse(Double.NaN);
    }
}
