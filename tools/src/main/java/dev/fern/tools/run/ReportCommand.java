package dev.fern.tools.run;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.evaluate.ShownEvaluation;
import dev.fern.tools.report.EpochScores;
import dev.fern.tools.report.EvaluationSections;
import dev.fern.tools.report.FindingsPicture;
import dev.fern.tools.report.RunReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fern report}: makes a page of a training run. */
@Command(
        name = "report",
        sortOptions = false,
        description = {
            "Makes one HTML page of a training run. The page needs no script, no other file and no"
                    + " network.",
            "",
            "The page shows the curves, the twelve numbers of the best and the last evaluation, the"
                    + " settings, and where the run comes from. The command runs the best model on"
                    + " the validation images once more to show what lies behind its numbers: AP of"
                    + " each category, precision and recall, confusion matrix, kinds of errors, the"
                    + " worst images. Where these images are no longer there, the page says so and"
                    + " leaves that part out. The training may still be running."
        },
        footer = {"", "Example:", "  fern report runs/first"})
public final class ReportCommand implements Callable<Integer> {

    private static final int LOADER_THREADS = 2;

    /** A larger difference in AP is not explained by another engine or another machine. */
    private static final double OTHER_AP = 0.005;

    @Parameters(
            index = "0",
            paramLabel = "RUN",
            description = "Folder of the run: the --output of fern train.")
    private Path folder;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The page to write. Default: report.html in the folder of the run.")
    private Path output;

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file to use in place of the run's validation annotations.")
    private Path annotations;

    @OptionSection(Section.DATA)
    @Option(
            names = "--images",
            paramLabel = "DIR",
            description = "Folder of images to use in place of the run's validation images.")
    private Path images;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--curves-only",
            description = "Don't run the model; leave out the part that needs validation images.")
    private boolean curvesOnly;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (curvesOnly && (annotations != null || images != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--curves-only takes no --annotations and no --images");
        }
        Path page = output == null ? folder.resolve("report.html") : output;
        TrainedRun trained = TrainedRun.read(folder);
        RunDirectory run = trained.folder();
        OutputFile.require(
                page,
                Arrays.asList(
                        annotations, run.configuration(), run.metrics(), RunRecord.file(run)));
        OutputFile.requireNoImages(List.of(page), images);
        RunHistory history = history(run);
        List<String> warnings = new ArrayList<>();
        Optional<EvaluationSections> best = Optional.empty();
        if (!curvesOnly) {
            try {
                best = Optional.of(evaluate(trained, history, warnings));
            } catch (TrainedRun.MissingException e) {
                warnings.add(
                        "The report does not show what the best model finds in the validation"
                                + " images: "
                                + e.getMessage());
            }
        }
        RunReport report =
                new RunReport(
                        "Run " + folder.toAbsolutePath().normalize().getFileName(),
                        RunFacts.trained(history),
                        RunFacts.of(run, trained.record()),
                        warnings,
                        trained.settings().values(),
                        RunSettings.defaults(),
                        history.curves(),
                        history.evaluations(),
                        best);
        AtomicFile.write(page, report.html().getBytes(StandardCharsets.UTF_8));
        warnings.forEach(warning -> System.err.println("warning: " + VisibleText.of(warning)));
        spec.commandLine().getOut().println("report: " + VisibleText.of(page));
        spec.commandLine().getOut().flush();
        return 0;
    }

    private static RunHistory history(RunDirectory run) throws IOException {
        if (!Files.exists(run.metrics())) {
            return RunHistory.NONE;
        }
        if (!Files.isRegularFile(run.metrics())) {
            throw new IOException(run.metrics() + ": is not a regular file");
        }
        return RunHistory.read(run.metrics());
    }

    private EvaluationSections evaluate(TrainedRun run, RunHistory history, List<String> warnings)
            throws IOException,
                    InterruptedException,
                    BadInputException,
                    TrainedRun.MissingException {
        LabelledImages labelled = run.validation(annotations, images);
        Path best = run.folder().best();
        if (!Files.isDirectory(best)) {
            throw new TrainedRun.MissingException("there is no model yet in " + best);
        }
        String engine = run.settings().engine();
        try {
            Engines.require(engine);
        } catch (IllegalArgumentException e) {
            throw new TrainedRun.MissingException(e.getMessage());
        }
        try (Detector detector = Detector.load(best, engine)) {
            DetectorEvaluation evaluated =
                    ShownEvaluation.of(
                            detector,
                            labelled,
                            new DetectorEvaluation.Options(
                                    1, new LoaderOptions(LOADER_THREADS, 2 * LOADER_THREADS, true)),
                            results -> {});
            if (annotations == null && images == null) {
                RunReport.bestOf(history.evaluations())
                        .ifPresent(scores -> compare(scores, evaluated, warnings));
            }
            Analysis analysis =
                    Analysis.of(
                            evaluated.dataset(),
                            evaluated.results(),
                            evaluated.evaluation().parameters(),
                            AnalysisParameters.defaults());
            FindingsPicture picture =
                    new FindingsPicture(analysis, labelled.files().images(), run.reader());
            return new EvaluationSections(evaluated.evaluation(), analysis, Optional.of(picture));
        }
    }

    private static void compare(
            EpochScores recorded, DetectorEvaluation now, List<String> warnings) {
        double before = recorded.of(CocoMetric.AP);
        double after = now.evaluation().stat(CocoMetric.AP);
        if (Math.abs(before - after) > OTHER_AP) {
            warnings.add(
                    String.format(
                            Locale.ROOT,
                            "The best model's AP is %.3f now, and was %.3f in the training: its"
                                    + " validation images or annotations have changed since.",
                            after,
                            before));
        }
    }
}
