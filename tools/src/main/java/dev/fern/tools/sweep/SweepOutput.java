package dev.fern.tools.sweep;

import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.tools.LabelledImages;
import java.io.IOException;
import java.util.List;

/** Writes the results of a sweep into its folder. */
final class SweepOutput {

    private final String command;
    private final Grid grid;
    private final SweepFolder folder;
    private final SweepSettings settings;
    private final LabelledImages val;
    private final PairedBootstrap bootstrap;
    private final boolean pictures;

    /**
     * @param command the command line
     * @param val the validation images
     * @param pictures whether the report shows photographs
     */
    SweepOutput(
            String command,
            Grid grid,
            SweepFolder folder,
            SweepSettings settings,
            LabelledImages val,
            PairedBootstrap bootstrap,
            boolean pictures) {
        this.command = command;
        this.grid = grid;
        this.folder = folder;
        this.settings = settings;
        this.val = val;
        this.bootstrap = bootstrap;
        this.pictures = pictures;
    }

    private SweepResults read() throws IOException {
        return SweepResults.read(grid, folder, settings.scaling());
    }

    /** Writes CSV and JSON of the cells as far as they have come. Any thread may call. */
    synchronized void writeTables() throws IOException {
        SweepResults results = read();
        new ResultsCsv(results).write(folder.csv());
        new ResultsJson(command, settings, results).write(folder.json());
    }

    /**
     * Writes everything.
     *
     * @return the means as a table
     */
    synchronized String writeAll() throws IOException {
        SweepResults results = read();
        List<NormComparison> comparisons = results.compare(val, bootstrap);
        new ResultsCsv(results).write(folder.csv());
        new ResultsJson(command, settings, results).with(comparisons).write(folder.json());
        return new MeansTable(results, comparisons).text();
    }
}
