package dev.fern.tools.sweep;

import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunLock;
import dev.fern.tools.sweep.SweepPlan.Standing;
import dev.fern.tools.sweep.result.CellHistory;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.SweepReport;
import dev.fern.tools.sweep.result.SweepResults;
import dev.fern.tools.sweep.result.SweepResults.Comparisons;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gathers the results of a sweep from its folder, and writes them there. */
final class SweepOutput {

    private final String command;
    private final SweepPlan plan;
    private final Grid grid;
    private final SweepFolder folder;
    private final RunLock lock;
    private final SweepSettings settings;
    private final CellCommands commands;
    private final int threads;
    private final ValidationParts parts;

    /**
     * Takes what the results are made of.
     *
     * @param command the command line
     * @param plan of the sweep
     * @param lock of the folder, asked before something is written there
     * @param threads how many cores a cell has for itself now
     */
    SweepOutput(
            String command,
            SweepPlan plan,
            RunLock lock,
            SweepSettings settings,
            CellCommands commands,
            int threads) {
        this.command = command;
        this.plan = plan;
        this.grid = plan.grid();
        this.folder = plan.folder();
        this.lock = lock;
        this.settings = settings;
        this.commands = commands;
        this.threads = threads;
        this.parts = plan.parts();
    }

    /** Reads the cells as far as they have come. */
    SweepResults read() throws IOException {
        Standing standing = plan.standing();
        List<CellResult> cells = new ArrayList<>();
        for (Cell cell : standing.cells()) {
            CellResult read = read(cell);
            cells.add(read.outcome().isEmpty() ? plan.known().ended(cell).orElse(read) : read);
        }
        return new SweepResults(
                command,
                settings.toJson(),
                grid,
                parts.tuning(),
                cells,
                standing.choices(),
                Comparisons.NONE);
    }

    private CellResult read(Cell cell) throws IOException {
        CellFolder of = folder.cell(cell);
        TrainingConfiguration configuration = settings.scaling().configuration(cell);
        Optional<CellOutcome> outcome = of.outcome();
        CellHistory history = CellHistory.read(of.run(), configuration.optimization().clipNorm());
        Map<String, Double> numbers = Map.of();
        if (outcome.isPresent() && outcome.get().isDone()) {
            numbers =
                    parts.tuning().isEmpty()
                            ? history.last().map(e -> e.numbers()).orElse(Map.of())
                            : parts.reportedNumbers(of.detections());
        }
        int used = outcome.map(o -> o.environment().threads()).orElse(threads);
        return new CellResult(
                cell,
                configuration,
                commands.line(cell, configuration, used),
                outcome,
                history,
                numbers,
                of.cost());
    }

    /** Writes CSV and JSON of the cells as far as they have come. Any thread may call this. */
    synchronized void writeTables() throws IOException {
        lock.requireHeld();
        new ResultFiles(folder).writeTables(read());
    }

    /**
     * Compares, and writes tables, page, Markdown and plots.
     *
     * @param photographs where the validation images are; empty to leave them out of the report
     * @return the results with comparisons
     */
    synchronized SweepResults writeAll(PairedBootstrap bootstrap, Optional<ImageFolder> photographs)
            throws IOException {
        SweepResults read = read();
        SweepResults results = read.with(new CellComparisons(folder, parts, bootstrap).of(read));
        lock.requireHeld();
        Optional<SweepReport.Pictures> pictures =
                photographs.isPresent()
                        ? new DetectionStrip(results, folder, parts, photographs.get()).pictures()
                        : Optional.empty();
        new ResultFiles(folder).writeAll(results, pictures);
        return results;
    }
}
