package dev.fern.tools.sweep;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.train.RunLock;
import dev.fern.tools.report.Plot;
import dev.fern.tools.sweep.SweepResults.NormComparison;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Writes the results of a sweep into its folder. */
final class SweepOutput {

    private final String command;
    private final Grid grid;
    private final SweepFolder folder;
    private final RunLock lock;
    private final SweepSettings settings;
    private final LabelledImages val;
    private final PairedBootstrap bootstrap;
    private final Optional<ImageFolder> photographs;

    /**
     * Takes what the results are made of.
     *
     * @param command the command line
     * @param lock of the folder, asked before something is written there
     * @param val the validation images
     * @param photographs where the validation images are; empty to leave them out of the report
     */
    SweepOutput(
            String command,
            Grid grid,
            SweepFolder folder,
            RunLock lock,
            SweepSettings settings,
            LabelledImages val,
            PairedBootstrap bootstrap,
            Optional<ImageFolder> photographs) {
        this.command = command;
        this.grid = grid;
        this.folder = folder;
        this.lock = lock;
        this.settings = settings;
        this.val = val;
        this.bootstrap = bootstrap;
        this.photographs = photographs;
    }

    /** Reads the cells as far as they have come. */
    SweepResults read() throws IOException {
        return SweepResults.read(grid, folder, settings.scaling());
    }

    /** Writes CSV and JSON of the cells as far as they have come. Any thread may call this. */
    synchronized void writeTables() throws IOException {
        lock.requireHeld();
        SweepResults results = read();
        new ResultsCsv(results).write(folder.csv());
        new ResultsJson(command, settings, results).write(folder.json());
    }

    /**
     * Writes tables, page, Markdown and plots. On a machine without fonts there are no plots, which
     * a line on standard error says.
     *
     * @return the means as a table for a terminal
     */
    synchronized String writeAll(SweepResults results) throws IOException {
        List<NormComparison> comparisons = results.compare(val, bootstrap);
        lock.requireHeld();
        new ResultsCsv(results).write(folder.csv());
        new ResultsJson(command, settings, results).with(comparisons).write(folder.json());
        Optional<DetectionStrip> strip =
                photographs.map(images -> new DetectionStrip(results, val, images));
        write(
                folder.report(),
                new SweepReport(command, settings, results, comparisons, strip).html());
        write(
                folder.markdown(),
                new SweepMarkdown(command, settings, results, comparisons)
                        .text(folder.plots().getFileName().toString()));
        try {
            plot(results);
        } catch (Plot.NoFontsException e) {
            System.err.println("no plots were drawn for report.md: " + e.getMessage());
        }
        return new MeansTable(results, comparisons).text();
    }

    private void plot(SweepResults results) throws IOException, Plot.NoFontsException {
        Path plots = Files.createDirectories(folder.plots());
        SweepFigures figures = new SweepFigures(results);
        figures.averagePrecision().writePng(plots.resolve("ap.png"), "AP against batch size");
        for (int batchSize : grid.batchSizes()) {
            String name = "-b" + batchSize + ".png";
            String of = ", batch size " + batchSize;
            figures.loss(batchSize).writePng(plots.resolve("loss" + name), "Loss" + of);
            figures.scores(batchSize).writePng(plots.resolve("ap" + name), "AP" + of);
        }
    }

    private static void write(Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
