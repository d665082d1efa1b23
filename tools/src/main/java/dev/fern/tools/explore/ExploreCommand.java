package dev.fern.tools.explore;

import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.evaluate.CocoFiles;
import dev.fern.tools.evaluate.ResultsOptions;
import dev.fern.tools.explore.ExploredResults.Side;
import dev.fern.tools.input.DataWarnings;
import dev.fern.tools.input.ImageOptions;
import dev.fern.tools.run.TrainedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fern explore}: makes a page on which results are looked through image by image. */
@Command(
        name = "explore",
        sortOptions = false,
        description = {
            "Makes a folder with one page on which you look through detections image by image.",
            "",
            "The page shows the images with objects and detections drawn over them. It finds images"
                    + " by category, score, size and kind of error, sorts them by what they cost in"
                    + " AP, and lists labels worth a second look. Open the folder's index.html in"
                    + " a browser; it needs no network.",
            "",
            "Give the folder of a run of fern train, whose newest evaluation is shown, or"
                    + " annotations, detections and images. Images are linked, so that the page"
                    + " shows them as long as they stay where they are; with --copy-images the"
                    + " folder can be moved."
        },
        footer = {
            "",
            "Examples:",
            "  fern explore runs/first",
            "  fern explore --annotations instances_val.json --detections results.json \\",
            "               --images val --output explored",
            "  fern explore --annotations instances_val.json --detections before.json \\",
            "               --compare after.json --images val --output explored"
        })
public final class ExploreCommand implements Callable<Integer> {

    private static final int MOST_THUMBNAIL_PIXELS = 2048;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "RUN",
            description = "Folder of a run: the --output of fern train.")
    private Path run;

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file, plain or gzip. Default: the run's validation annotations.")
    private Path annotations;

    @OptionSection(Section.DATA)
    @Option(
            names = "--detections",
            paramLabel = "FILE",
            description =
                    "COCO results file, plain or gzip. Default: detections.json of the run, which"
                            + " its newest evaluation wrote.")
    private Path detections;

    @OptionSection(Section.DATA)
    @Option(
            names = "--compare",
            paramLabel = "FILE",
            description = "Another COCO results file, to be shown beside the first.")
    private Path compared;

    @OptionSection(Section.DATA)
    @Option(
            names = "--images",
            paramLabel = "DIR",
            description = "Folder of the annotated images. Default: the run's validation images.")
    private Path images;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description =
                    "Folder to write; one that this command wrote earlier is replaced. Default:"
                            + " explore in the folder of the run.")
    private Path output;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--thumbnails",
            paramLabel = "N",
            defaultValue = "256",
            description =
                    "Longer side of the small images in pixels, up to "
                            + MOST_THUMBNAIL_PIXELS
                            + "; 0 makes none, and the page loads the images themselves. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int thumbnails;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--copy-images",
            description = "Copy the images into the folder instead of linking them.")
    private boolean copies;

    @OptionSection(Section.EVALUATION)
    @Option(
            names = "--analysis-iou",
            paramLabel = "X",
            defaultValue = "0.5",
            description =
                    "IoU from which a detection matches an object. Default: ${DEFAULT-VALUE}.")
    private double iou;

    @OptionSection(Section.EVALUATION)
    @Option(
            names = "--analysis-score",
            paramLabel = "X",
            description =
                    "Score from which detections are shown at first; the page has a control for it."
                            + " Default: the score of the best F1.")
    private Double score;

    @Mixin private ResultsOptions results;

    @Mixin private ImageOptions imageOptions;

    @Spec private CommandSpec spec;

    /** What is explored, and where its images are. */
    private record Input(ExploredResults explored, ImageFolder folder, ImageReader reader) {}

    @Override
    public Integer call() throws Exception {
        if (thumbnails < 0 || thumbnails > MOST_THUMBNAIL_PIXELS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--thumbnails must be 0 to " + MOST_THUMBNAIL_PIXELS + ", not " + thumbnails);
        }
        ExplorerFolder folder = new ExplorerFolder(target());
        folder.requireReplaceable();
        Input input = run == null ? files() : ofRun();
        AtomicBoolean stopped = new AtomicBoolean();
        List<ShownImage> shown;
        OnInterrupt interrupt = new OnInterrupt(() -> stopped.set(true));
        try (interrupt) {
            shown =
                    folder.write(
                            input.explored,
                            new ExplorerImages(
                                    input.folder, input.reader, thumbnails, copies, stopped::get));
        } catch (IOException e) {
            if (stopped.get()) {
                return ExitStatus.INTERRUPTED;
            }
            throw e;
        }
        warn(input, shown);
        spec.commandLine().getOut().println("explorer: " + VisibleText.of(folder.page()));
        spec.commandLine().getOut().flush();
        return 0;
    }

    private Path target() {
        if (output != null) {
            return output;
        }
        if (run == null) {
            throw new ParameterException(
                    spec.commandLine(), "--output DIR is needed where no run is given");
        }
        return run.resolve("explore");
    }

    private AnalysisParameters parameters() throws BadInputException {
        try {
            AnalysisParameters parameters = AnalysisParameters.defaults().withIouThreshold(iou);
            return score == null ? parameters : parameters.withScoreThreshold(score);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private EvaluationParameters evaluation() {
        EvaluationParameters.Builder builder =
                EvaluationParameters.defaults(results.iouType()).toBuilder();
        try {
            results.applyTo(builder);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return builder.build();
    }

    private Input files() throws IOException, InterruptedException, BadInputException {
        if (annotations == null || detections == null || images == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Give the folder of a run, or --annotations, --detections and --images");
        }
        AnalysisParameters parameters = parameters();
        ImageFolder folder = new ImageFolder(images);
        CocoFiles files = results.read(annotations, given().toArray(Path[]::new));
        EvaluationParameters evaluation = evaluation();
        DataWarnings.print(annotations, CocoAdvice.of(files.dataset(), evaluation));
        return new Input(
                explored(annotations, files.dataset(), files.results(), evaluation, parameters),
                folder,
                imageOptions.reader());
    }

    private Input ofRun() throws IOException, BadInputException {
        for (String option :
                List.of("--iou-type", "--sigmas", "--lenient", "--orientation", "--max-pixels")) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(), option + " is for files; a run has its own");
            }
        }
        AnalysisParameters parameters = parameters();
        TrainedRun trained = TrainedRun.read(run);
        if (detections == null) {
            detections = trained.folder().detections();
            if (!Files.exists(detections)) {
                throw new BadInputException(
                        run + ": has not been evaluated yet (there is no detections.json)");
            }
        }
        LabelledImages labelled;
        try {
            labelled = trained.validation(annotations, images);
        } catch (TrainedRun.MissingException e) {
            throw new BadInputException(
                    run + ": the validation images can't be shown: " + e.getMessage(), e);
        }
        List<CocoResults> read = new ArrayList<>();
        for (Path file : given()) {
            read.add(CocoResults.read(file));
        }
        List<Long> used = labelled.images().samples().stream().map(Sample::imageId).toList();
        return new Input(
                explored(
                        labelled.files().file(),
                        labelled.coco(),
                        read,
                        EvaluationParameters.defaults().toBuilder().imgIds(used).build(),
                        parameters),
                labelled.files().images(),
                trained.reader());
    }

    /** Returns the one or two files of detections. */
    private List<Path> given() {
        return compared == null ? List.of(detections) : List.of(detections, compared);
    }

    private ExploredResults explored(
            Path file,
            CocoDataset dataset,
            List<CocoResults> read,
            EvaluationParameters evaluation,
            AnalysisParameters parameters)
            throws IOException, BadInputException {
        List<Side> sides = new ArrayList<>();
        for (int i = 0; i < read.size(); i++) {
            Path source = given().get(i);
            DataWarnings.print(source, CocoAdvice.of(dataset, read.get(i)));
            try {
                sides.add(Side.of(source.toString(), dataset, read.get(i), evaluation, parameters));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(e.getMessage(), e);
            }
        }
        return new ExploredResults(file.toString(), dataset, sides);
    }

    /** Tells of images that the page can't show. */
    private static void warn(Input input, List<ShownImage> shown) {
        input.folder.note().ifPresent(line -> System.err.println("note: " + VisibleText.of(line)));
        List<String> problems = shown.stream().flatMap(image -> image.problem().stream()).toList();
        if (!problems.isEmpty()) {
            System.err.println(
                    "warning: "
                            + problems.size()
                            + " of "
                            + shown.size()
                            + " images can't be shown, the first: "
                            + VisibleText.of(problems.get(0)));
        }
    }
}
