package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.input.DataWarnings;
import dev.fern.tools.input.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * Evaluates a COCO results file, or a model that it runs on the annotated images. Prints COCO's
 * twelve numbers; writes them as JSON, the arrays behind them, the detections, an analysis and a
 * report where that is asked for.
 */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = {
            "Computes COCO's numbers of detections or of a model: twelve of boxes and masks, ten of"
                    + " keypoints.",
            "",
            "The numbers, and the arrays behind them, are those of pycocotools to the last bit."
        },
        footer = {
            "",
            "Examples:",
            "  fern evaluate --annotations instances_val.json --detections results.json",
            "  fern evaluate --annotations instances_val.json --detections results.json \\",
            "                --images val --report report.html",
            "  fern evaluate --annotations instances_val.json --images val \\",
            "                --model runs/a/best"
        })
public final class EvaluateCommand implements Callable<Integer> {

    private static final List<String> MODEL_OPTIONS =
            List.of(
                    "--batch-size",
                    "--min-size",
                    "--max-size",
                    "--engine",
                    "--libtorch",
                    "--devices",
                    "--precision",
                    "--skip-bad-images");

    private static final List<String> IMAGE_OPTIONS = List.of("--orientation", "--max-pixels");

    /** Where the detections come from: a file or a model. */
    static final class Source {
        @OptionSection(Section.DATA)
        @Option(
                names = "--detections",
                required = true,
                paramLabel = "FILE",
                description = "COCO results file, plain or gzip.")
        private Path detections;

        @ArgGroup(exclusive = false)
        private ModelSource model;
    }

    /** A model to run on the images. */
    static final class ModelSource {
        @OptionSection(Section.MODEL)
        @Option(
                names = "--model",
                required = true,
                paramLabel = "DIR",
                description = "Model directory to run on the images; needs --images.")
        private Path model;

        @OptionSection(Section.OUTPUT)
        @Option(
                names = "--save-detections",
                paramLabel = "FILE",
                description = "Write the detections of --model as a COCO results file.")
        private Path save;
    }

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @ArgGroup(multiplicity = "1")
    private Source source;

    @OptionSection(Section.DATA)
    @Option(
            names = "--images",
            paramLabel = "DIR",
            description = "Folder of the annotated images, for --model and --report.")
    private Path images;

    @Mixin private ScoreOutput output;

    @Mixin private EvaluationOptions evaluation;

    @Mixin private AnalysisOptions analysis;

    @Mixin private ModelOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requireUsable();
        DetectorEvaluation evaluated;
        try {
            evaluated = source.model == null ? readDetections() : runModel(source.model);
            output.writeArrays(evaluated.evaluation());
            evaluated.evaluation().stats();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        Evaluation scores = evaluated.evaluation();
        output.write(spec.commandLine().getOut(), annotations, evaluated);
        analysis.write(
                title(),
                evaluated.dataset(),
                evaluated.results(),
                scores,
                images == null ? Optional.empty() : Optional.of(new ImageFolder(images)),
                options.reader());
        return 0;
    }

    /** Refuses options that would be ignored. */
    private void requireUsed() {
        ParseResult given = spec.commandLine().getParseResult();
        for (String option : source.model == null ? MODEL_OPTIONS : List.<String>of()) {
            if (given.hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(), option + " is for --model, and --detections is given");
            }
        }
        if (source.model == null && analysis.page() == null && images != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--images is for --model and --report, and neither is given");
        }
        for (String option : images == null ? IMAGE_OPTIONS : List.<String>of()) {
            if (given.hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        option + " needs the folder of the images, --images DIR");
            }
        }
    }

    /** Checks what would otherwise fail only after the work. */
    private void requireUsable() throws IOException, BadInputException {
        List<Path> targets = new ArrayList<>(Arrays.asList(analysis.targets()));
        targets.addAll(output.targets());
        if (source.model != null) {
            targets.add(source.model.save);
            if (images == null) {
                throw new ParameterException(
                        spec.commandLine(), "--model needs the folder of the images, --images DIR");
            }
            if (evaluation.iouType() != IouType.BOX) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--model detects boxes; --iou-type "
                                + evaluation.iouType().label()
                                + " needs a results file, --detections FILE");
            }
        }
        OutputFile.requireAll(
                targets, Arrays.asList(annotations, source.detections, evaluation.file()));
        OutputFile.requireNoImages(targets, images);
        if (images != null) {
            new ImageFolder(images);
        }
        analysis.parameters();
        requireUsed();
    }

    private String title() {
        Path of = source.model == null ? source.detections : source.model.model;
        return of.toAbsolutePath().normalize().getFileName()
                + " on "
                + annotations.toAbsolutePath().normalize().getFileName();
    }

    private DetectorEvaluation readDetections() throws IOException, InterruptedException {
        CocoFiles files = evaluation.read(annotations, source.detections);
        CocoDataset dataset = files.dataset();
        CocoResults results = files.results().get(0);
        EvaluationParameters parameters = evaluation.parameters(dataset);
        // beside the evaluation, whose first part takes one thread
        CompletableFuture<Advice> advice =
                CompletableFuture.supplyAsync(() -> Advice.on(dataset, results, parameters));
        DetectorEvaluation evaluated =
                new DetectorEvaluation(
                        dataset, results, CocoEvaluator.evaluate(dataset, results, parameters));
        DataWarnings.print(annotations, advice.join().annotations);
        DataWarnings.print(source.detections, advice.join().detections);
        return evaluated;
    }

    /** What may be wrong with the two files, a line each. */
    private record Advice(List<String> annotations, List<String> detections) {

        static Advice on(
                CocoDataset dataset, CocoResults results, EvaluationParameters parameters) {
            List<String> detections = new ArrayList<>(CocoAdvice.of(dataset, results));
            CocoAdvice.coverage(dataset, results, parameters).advice().ifPresent(detections::add);
            return new Advice(CocoAdvice.of(dataset, parameters), detections);
        }
    }

    private DetectorEvaluation runModel(ModelSource from)
            throws IOException, InterruptedException, BadInputException {
        LabelledImages labelled =
                LabelledImages.open(
                        AnnotatedFolder.read(annotations, images),
                        options.reader(),
                        options.skipBadImages(),
                        0);
        DataWarnings.print(annotations, labelled.advice());
        EvaluationParameters parameters = evaluation.parameters(labelled.coco());
        try (Detector detector = options.load(from.model)) {
            return ShownEvaluation.of(
                    detector,
                    labelled,
                    new DetectorEvaluation.Options(
                            options.batchSize(), options.loading(), parameters),
                    results -> {
                        if (from.save != null) {
                            results.write(from.save);
                        }
                    });
        }
    }
}
