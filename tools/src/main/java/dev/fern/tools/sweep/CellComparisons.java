package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.NormComparison;
import dev.fern.tools.sweep.result.SweepResults;
import dev.fern.tools.sweep.result.SweepResults.ApInterval;
import dev.fern.tools.sweep.result.SweepResults.Comparisons;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Compares what cells found, in pairs of one seed, on the images that are reported on. What has no
 * such pair is left out, as are cells whose results alone are known.
 *
 * @param folder of the cells' detections
 * @param parts of the validation images
 * @param bootstrap draws images and seeds
 */
record CellComparisons(SweepFolder folder, ValidationParts parts, PairedBootstrap bootstrap) {

    /**
     * Compares the cells of a sweep that are done.
     *
     * @throws IOException if detections can't be read
     */
    Comparisons of(SweepResults results) throws IOException {
        Grid grid = results.grid();
        List<NormComparison> norms = new ArrayList<>();
        List<ApInterval> own = new ArrayList<>();
        List<ApInterval> sizes = new ArrayList<>();
        String first = grid.norms().get(0);
        int largest = Collections.max(grid.batchSizes());
        for (int batchSize : grid.batchSizes()) {
            for (String norm : grid.norms()) {
                List<Cell> cells = done(results, norm, batchSize);
                if (cells.isEmpty()) {
                    continue;
                }
                own.add(new ApInterval(norm, batchSize, interval(cells)));
                Pairs withLargest = Pairs.of(done(results, norm, largest), cells);
                if (batchSize != largest && !withLargest.isEmpty()) {
                    Comparison compared = compare(withLargest);
                    sizes.add(
                            new ApInterval(norm, batchSize, compared.metrics().get(CocoMetric.AP)));
                }
                Pairs withFirst = Pairs.of(done(results, first, batchSize), cells);
                if (!norm.equals(first) && !withFirst.isEmpty()) {
                    norms.add(comparison(norm, batchSize, withFirst, compare(withFirst)));
                }
            }
        }
        return new Comparisons(norms, own, sizes);
    }

    private List<Cell> done(SweepResults results, String norm, int batchSize) throws IOException {
        List<Cell> done = new ArrayList<>();
        for (CellResult result : results.cells(norm, batchSize)) {
            if (folder.hasDetections(result)) {
                done.add(result.cell());
            }
        }
        return done;
    }

    /** Cells in pairs of one seed. */
    private record Pairs(List<Cell> a, List<Cell> b) {

        static Pairs of(List<Cell> a, List<Cell> b) {
            List<Cell> first = new ArrayList<>();
            List<Cell> second = new ArrayList<>();
            for (Cell cell : b) {
                a.stream()
                        .filter(other -> other.seed() == cell.seed())
                        .findFirst()
                        .ifPresent(
                                other -> {
                                    first.add(other);
                                    second.add(cell);
                                });
            }
            return new Pairs(first, second);
        }

        boolean isEmpty() {
            return a.isEmpty();
        }
    }

    private Comparison compare(Pairs pairs) throws IOException {
        return compare(detections(pairs.a), detections(pairs.b));
    }

    private Comparison compare(List<CocoResults> a, List<CocoResults> b) throws IOException {
        return bootstrap.compare(parts.val().coco(), a, b, parts.reportedParameters());
    }

    /** AP is its own difference to that of a detector which finds nothing. */
    private Comparison.Difference interval(List<Cell> cells) throws IOException {
        List<CocoResults> nothing =
                Collections.nCopies(cells.size(), CocoResults.builder().build());
        return compare(nothing, detections(cells)).metrics().get(CocoMetric.AP);
    }

    private List<CocoResults> detections(List<Cell> cells) throws IOException {
        List<CocoResults> found = new ArrayList<>();
        for (Cell cell : cells) {
            found.add(folder.cell(cell).detections());
        }
        return found;
    }

    private static NormComparison comparison(
            String norm, int batchSize, Pairs pairs, Comparison compared) {
        return new NormComparison(
                norm,
                batchSize,
                pairs.b.stream().map(Cell::seed).toList(),
                compared.images(),
                compared.bootstrap(),
                compared.metrics(),
                compared.categories().stream()
                        .map(
                                category ->
                                        new NormComparison.Category(
                                                category.category().name(), category.metrics()))
                        .toList());
    }
}
