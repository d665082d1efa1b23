package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.tools.sweep.CellOutcome.Environment;
import dev.fern.tools.sweep.Grid.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The cells of a sweep as far as they have come.
 *
 * @param grid which cells there are
 * @param folder the sweep's
 * @param cells in the order of {@link Grid#cells}
 */
record SweepResults(Grid grid, SweepFolder folder, List<CellResult> cells) {

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
    record Spread(int count, double mean, double deviation, double least, double most) {

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
     * A norm compared with the sweep's first one at one batch size.
     *
     * @param norm the one that is compared
     * @param batchSize of both
     * @param seeds those at which both are done, and which are compared in pairs
     * @param comparison its A is the first norm, its B is this norm
     */
    record NormComparison(String norm, int batchSize, List<Long> seeds, Comparison comparison) {

        NormComparison {
            seeds = List.copyOf(seeds);
        }

        /** Returns how AP differs for a norm at a batch size, if these were compared. */
        static Optional<Difference> ap(
                List<NormComparison> comparisons, String norm, int batchSize) {
            return comparisons.stream()
                    .filter(c -> c.norm.equals(norm) && c.batchSize == batchSize)
                    .map(NormComparison::ap)
                    .findFirst();
        }

        Difference ap() {
            return comparison.metrics().get(CocoMetric.AP);
        }
    }

    SweepResults {
        cells = List.copyOf(cells);
    }

    /**
     * Reads what the cells left.
     *
     * @throws IOException naming the file that is damaged
     */
    static SweepResults read(Grid grid, SweepFolder folder, Scaling scaling) throws IOException {
        List<CellResult> cells = new ArrayList<>();
        for (Cell cell : grid.cells()) {
            CellFolder of = folder.cell(cell);
            cells.add(
                    new CellResult(
                            cell,
                            scaling.configuration(cell),
                            of.outcome(),
                            CellHistory.read(of.run())));
        }
        return new SweepResults(grid, folder, cells);
    }

    /** Returns the cells of one norm and batch size, one for each seed. */
    List<CellResult> cells(String norm, int batchSize) {
        return cells.stream()
                .filter(c -> c.cell().norm().equals(norm) && c.cell().batchSize() == batchSize)
                .toList();
    }

    /** Returns how a number spreads over the seeds that are done. */
    Spread spread(String norm, int batchSize, CocoMetric metric) {
        return Spread.of(
                cells(norm, batchSize).stream()
                        .map(cell -> cell.number(metric))
                        .filter(OptionalDouble::isPresent)
                        .mapToDouble(OptionalDouble::getAsDouble)
                        .toArray());
    }

    /** Returns the cells that failed. */
    List<CellResult> failed() {
        return cells.stream().filter(CellResult::isFailed).toList();
    }

    /** Returns how many minutes the training steps of all cells took. */
    double minutes() {
        return cells.stream().mapToDouble(cell -> cell.history().seconds()).sum() / 60;
    }

    /** Returns what the cells that ended were trained with, each environment once. */
    List<Environment> environments() {
        return cells.stream()
                .flatMap(cell -> cell.outcome().stream())
                .map(CellOutcome::environment)
                .distinct()
                .toList();
    }

    /**
     * Reads what a cell's last model found in the validation images.
     *
     * @throws IOException naming the file if it is lost or damaged
     */
    CocoResults detections(Cell cell) throws IOException {
        CellFolder of = folder.cell(cell);
        Path file = of.run().detections();
        if (!Files.exists(file)) {
            throw new IOException(
                    file
                            + ": is lost; delete the folder "
                            + of.path()
                            + ", and the cell is trained again");
        }
        CocoResults read = CocoResults.read(file);
        // A file without detections is refused by the evaluation, as pycocotools does.
        return read.size() == 0 ? CocoResults.builder().build() : read;
    }

    /**
     * Compares every norm with the first one at each batch size, over the seeds at which both are
     * done. A norm that has no such seed is left out.
     *
     * @param val the validation images
     * @throws IOException if detections can't be read
     */
    List<NormComparison> compare(LabelledImages val, PairedBootstrap bootstrap) throws IOException {
        EvaluationParameters parameters =
                EvaluationParameters.builder()
                        .imgIds(val.images().samples().stream().map(Sample::imageId).toList())
                        .build();
        List<NormComparison> comparisons = new ArrayList<>();
        for (int batchSize : grid.batchSizes()) {
            for (String norm : grid.norms().subList(1, grid.norms().size())) {
                List<CocoResults> a = new ArrayList<>();
                List<CocoResults> b = new ArrayList<>();
                List<Long> seeds = new ArrayList<>();
                for (long seed : grid.seeds()) {
                    Cell first = new Cell(grid.norms().get(0), batchSize, seed);
                    Cell second = new Cell(norm, batchSize, seed);
                    if (isDone(first) && isDone(second)) {
                        a.add(detections(first));
                        b.add(detections(second));
                        seeds.add(seed);
                    }
                }
                if (!seeds.isEmpty()) {
                    comparisons.add(
                            new NormComparison(
                                    norm,
                                    batchSize,
                                    seeds,
                                    bootstrap.compare(val.coco(), a, b, parameters)));
                }
            }
        }
        return comparisons;
    }

    private boolean isDone(Cell cell) {
        return cells.stream().anyMatch(c -> c.cell().equals(cell) && c.isDone());
    }
}
