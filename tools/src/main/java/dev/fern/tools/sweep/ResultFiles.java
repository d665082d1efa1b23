package dev.fern.tools.sweep;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.tools.report.Plot;
import dev.fern.tools.sweep.result.ResultsCsv;
import dev.fern.tools.sweep.result.ResultsJson;
import dev.fern.tools.sweep.result.SweepFigures;
import dev.fern.tools.sweep.result.SweepMarkdown;
import dev.fern.tools.sweep.result.SweepReport;
import dev.fern.tools.sweep.result.SweepResults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that tell what a sweep came to.
 *
 * @param folder where they are written
 */
record ResultFiles(SweepFolder folder) {

    /** Writes CSV and JSON. */
    void writeTables(SweepResults results) throws IOException {
        new ResultsCsv(results).write(folder.csv());
        new ResultsJson(results).write(folder.json());
    }

    /**
     * Writes tables, page, Markdown and plots. On a machine without fonts there are no plots, which
     * a line on standard error says.
     *
     * @param pictures photographs for the page; empty for none
     */
    void writeAll(SweepResults results, Optional<SweepReport.Pictures> pictures)
            throws IOException {
        writeTables(results);
        write(folder.report(), new SweepReport(results, pictures).html());
        write(
                folder.markdown(),
                new SweepMarkdown(results).text(folder.plots().getFileName().toString()));
        try {
            plot(results);
        } catch (Plot.NoFontsException e) {
            System.err.println("no plots were drawn for report.md: " + e.getMessage());
        }
    }

    private void plot(SweepResults results) throws IOException, Plot.NoFontsException {
        Path plots = Files.createDirectories(folder.plots());
        SweepFigures figures = new SweepFigures(results);
        figures.averagePrecision().writePng(plots.resolve("ap.png"), "AP against batch size");
        for (int batchSize : results.grid().batchSizes()) {
            String name = "-b" + batchSize + ".png";
            String of = ", batch size " + batchSize;
            figures.loss(batchSize).writePng(plots.resolve("loss" + name), "Loss" + of);
            figures.scores(batchSize).writePng(plots.resolve("ap" + name), "AP" + of);
            if (results.hasTrials()) {
                figures.rates(batchSize)
                        .writePng(plots.resolve("rate" + name), "AP by learning rate" + of);
            }
        }
    }

    private static void write(Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
