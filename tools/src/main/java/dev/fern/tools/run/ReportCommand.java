package dev.fern.tools.run;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.evaluate.ShownEvaluation;
import dev.fern.tools.format.DataFile;
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

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The page to write (default: report.html in the folder of the run).")
    private Path output;

    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file to use in place of the run's validation annotations.")
    private Path annotations;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description = "Folder of images to use in place of the run's validation images.")
    private Path images;

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
        RunDirectory run = new RunDirectory(folder);
        Path page = output == null ? folder.resolve("report.html") : output;
        RunSettings settings = RunSettings.read(run);
        if (settings.isOfClassifier()) {
            throw new BadInputException(
                    folder
                            + ": is a run of fern pretrain; reports are made of those of fern train");
        }
        OutputFile.require(
                page,
                Arrays.asList(
                        annotations, run.configuration(), run.metrics(), RunRecord.file(run)));
        Optional<RunRecord> record =
                Files.exists(RunRecord.file(run))
                        ? Optional.of(RunRecord.read(run))
                        : Optional.empty();
        RunHistory history = history(run);
        List<String> warnings = new ArrayList<>();
        Optional<EvaluationSections> best = Optional.empty();
        if (!curvesOnly) {
            try {
                best = Optional.of(evaluate(run, settings, record, history, warnings));
            } catch (Missing e) {
                warnings.add(e.getMessage());
            }
        }
        RunReport report =
                new RunReport(
                        "Run " + folder.toAbsolutePath().normalize().getFileName(),
                        RunFacts.trained(history),
                        RunFacts.of(run, record),
                        warnings,
                        settings.values(),
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

    /** Says what is missing for a part of the report. */
    private static final class Missing extends Exception {

        private static final long serialVersionUID = 1L;

        Missing(String what) {
            super(
                    "The report does not show what the best model finds in the validation images: "
                            + what);
        }
    }

    private EvaluationSections evaluate(
            RunDirectory run,
            RunSettings settings,
            Optional<RunRecord> record,
            RunHistory history,
            List<String> warnings)
            throws IOException, InterruptedException, BadInputException, Missing {
        LabelledImages labelled = labelled(record);
        if (!Files.isDirectory(run.best())) {
            throw new Missing("there is no model yet in " + run.best());
        }
        try {
            Engines.require(settings.engine());
        } catch (IllegalArgumentException e) {
            throw new Missing(e.getMessage());
        }
        try (Detector detector = Detector.load(run.best(), settings.engine())) {
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
                    new FindingsPicture(analysis, labelled.files().images(), reader(record));
            return new EvaluationSections(evaluated.evaluation(), analysis, Optional.of(picture));
        }
    }

    /**
     * Opens the images that the options name or, where they name none, those that the run was
     * evaluated on.
     *
     * @throws Missing if the options name none and those of the run are no longer there
     * @throws IOException if what the options name can't be used
     */
    private LabelledImages labelled(Optional<RunRecord> record) throws IOException, Missing {
        if (record.isEmpty() && (annotations == null || images == null)) {
            throw new Missing(
                    "the run does not say where they are; give --annotations and --images");
        }
        Optional<RunRecord.Data> own = record.flatMap(RunRecord::validation);
        if (own.isEmpty() && (annotations == null || images == null)) {
            throw new Missing("the run had none; give --annotations and --images");
        }
        Path file = annotations == null ? Path.of(own.orElseThrow().annotations()) : annotations;
        Path imageFolder = images == null ? Path.of(own.orElseThrow().images()) : images;
        if (annotations == null && !Files.isRegularFile(file)) {
            throw new Missing(file + " is no longer there; give --annotations");
        }
        if (images == null && !Files.isDirectory(imageFolder)) {
            throw new Missing(imageFolder + " is no longer there; give --images");
        }
        int limit = annotations == null ? own.orElseThrow().limit() : 0;
        try {
            CocoDataset coco =
                    DataFile.isYaml(file)
                            ? DataFile.read(file).val().orElseThrow().read()
                            : CocoDataset.read(file);
            return LabelledImages.open(
                    new AnnotatedFolder(coco, file, new ImageFolder(imageFolder)),
                    reader(record),
                    true,
                    limit);
        } catch (IOException e) {
            if (annotations == null && images == null) {
                throw new Missing(e.getMessage());
            }
            throw e;
        }
    }

    private static ImageReader reader(Optional<RunRecord> record) {
        return record.map(RunRecord::reader).orElse(ImageReader.standard());
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
