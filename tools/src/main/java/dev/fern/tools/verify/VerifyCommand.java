package dev.fern.tools.verify;

import dev.fern.backbone.onednn.Precision;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.DetectorStart;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.verify.BatchIndependence;
import dev.fern.detection.verify.BatchLeak;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.ImageOptions;
import dev.fern.tools.input.InputImages;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures on a model, or on a fresh network, and images how far an image's result depends on the
 * images that share its batch. Prints a table with a verdict per place where a batch can leak, and
 * writes it as JSON where that is asked for. The exit status says whether every row passes.
 */
@Command(
        name = "verify",
        sortOptions = false,
        description = {
            "Shows whether the result of an image depends on its batch.",
            "",
            "Measures each place where a batch can leak: it compares outputs, input,"
                    + " loss, gradients, a training step and detections of each image alone with"
                    + " those in a batch, all from the same parameters. The model is not changed."
                    + " Without --model it measures a fresh network with the settings of fern"
                    + " train, so that normalisers can be compared before any training. Loss and"
                    + " matching are those of the settings. A handful of images is enough; at least"
                    + " two must have the same canvas size."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:Every row passes.",
            "1:A row fails, or an internal fault.",
            "2:Bad usage or bad input."
        },
        footer = {
            "",
            "Examples:",
            "  fern verify --model runs/a/best --batch-size 8 photographs",
            "  fern verify --norm bn --batch-size 4 photographs"
        })
public final class VerifyCommand implements Callable<Integer> {

    /** Exit status where a row fails. */
    static final int DEPENDENT = 1;

    private static final int MAX_CATEGORIES = 100_000;

    /** The options that describe a fresh network; a model brings along what they say. */
    private static final List<String> NETWORK_OPTIONS =
            List.of("--backbone", "--width", "--norm", "--min-size", "--max-size", "--categories");

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Model directory. Default: a fresh network with the settings below.")
    private Path model;

    @Mixin private InputImages inputs;

    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file with the objects of the images, for loss and gradients."
                            + " Categories are matched with the model's by name."
                            + " Default: the objects that the model finds, or boxes drawn at random if it"
                            + " finds none.")
    private Path annotations;

    @Option(
            names = "--categories",
            paramLabel = "N",
            description =
                    "Number of categories of a fresh network without --annotations. Default: 80,"
                            + " as COCO.")
    private Integer categories;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the table as JSON.")
    private Path json;

    @Mixin private TrainingSettings settings;

    @Mixin private ImageOptions imageOptions;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requireUsage();
        List<Path> files = inputs.find();
        List<Path> read = new ArrayList<>(files);
        read.add(annotations);
        OutputFile.require(json, read);
        TrainingConfiguration configuration = settings.configuration();
        requireEngine(configuration.machine().engine());
        CocoDataset dataset = annotations == null ? null : CocoDataset.read(annotations);
        DetectionDataset images = DetectionDataset.unlabelled(files, imageOptions.reader(), false);
        VerificationReport report;
        try (Detector detector = detector(configuration, dataset)) {
            report = measure(detector, configuration, images, dataset);
        }
        report.print(spec.commandLine().getOut());
        if (json != null) {
            JsonFile.write(json, report.toJson());
        }
        return report.passes() ? 0 : DEPENDENT;
    }

    private void requireUsage() {
        for (String option : NETWORK_OPTIONS) {
            if (model != null && spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        option
                                + " is for a fresh network; leave out either this option or --model");
            }
        }
        if (categories != null && (categories < 1 || categories > MAX_CATEGORIES)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--categories must be 1 to " + MAX_CATEGORIES + ", not " + categories);
        }
    }

    private static void requireEngine(String engine) throws BadInputException {
        try {
            Engines.require(engine);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private static void setPrecision(Detector detector, Precision precision)
            throws BadInputException {
        try {
            detector.setPrecision(precision);
        } catch (IllegalArgumentException e) {
            detector.close();
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private Detector detector(TrainingConfiguration configuration, CocoDataset dataset)
            throws IOException, BadInputException {
        if (model != null) {
            Detector loaded = Detector.loadForTraining(model, configuration.machine().engine());
            setPrecision(loaded, configuration.machine().precision());
            return loaded;
        }
        List<CocoCategory> names =
                dataset != null
                        ? dataset.numberedCategories()
                        : IntStream.rangeClosed(1, categories == null ? 80 : categories)
                                .mapToObj(id -> new CocoCategory(id, String.valueOf(id), ""))
                                .toList();
        return new DetectorStart(configuration, VerifyCommand::tell).fresh(names);
    }

    private static void tell(String line) {
        System.err.println(VisibleText.of(line));
    }

    private VerificationReport measure(
            Detector detector,
            TrainingConfiguration configuration,
            DetectionDataset images,
            CocoDataset dataset)
            throws IOException, BadInputException {
        DetectorConfiguration network = detector.configuration();
        int batchSize = configuration.loop().batchSize();
        BatchPlan plan =
                network.checked(BatchSampler.sequential(images, batchSize, network.canvas()));
        if (plan.batches().stream().allMatch(batch -> batch.images().size() < 2)) {
            throw new BadInputException(
                    batchSize < 2
                            ? "--batch-size must be at least 2, not "
                                    + batchSize
                                    + ": a batch of one image has nothing to leak"
                            : "no two of the images have the same canvas size; give at least two images of"
                                    + " the same size");
        }
        BatchIndependence measuring =
                new BatchIndependence(
                        detector,
                        configuration.loss().retinaNetLoss(),
                        configuration.matcher(),
                        new BatchDecoder(images.reader(), network.normalization()));
        Map<Long, List<Detection>> found = new HashMap<>();
        for (PlannedBatch batch : plan.batches()) {
            for (PlannedImage image : batch.images()) {
                found.put(image.sample().imageId(), measuring.detect(image));
            }
        }
        VerificationTargets targets =
                dataset == null
                        ? VerificationTargets.unannotated(images, found, network.categories())
                        : VerificationTargets.annotated(
                                images,
                                annotations,
                                dataset,
                                network.categories(),
                                VerifyCommand::tell);
        BatchPlan labelled = BatchSampler.sequential(targets.images(), batchSize, network.canvas());
        Map<BatchLeak, Double> deviations;
        try (CountProgress progress = new CountProgress("verify", plan.imageCount())) {
            deviations = measuring.measure(labelled, progress::at);
        }
        ImageSize mate = largerMate(labelled, network.canvas().stride());
        PlannedImage padded = labelled.batches().get(0).images().get(0);
        return new VerificationReport(
                model,
                network.architecture(),
                detector.manager().getEngine().getEngineName(),
                labelled,
                batchSize,
                targets.origin(),
                targets.boxes(),
                found.values().stream().mapToInt(List::size).sum(),
                deviations,
                new VerificationReport.Padding(
                        padded.sample().path(), mate, measuring.padding(padded, mate)));
    }

    /**
     * Returns the canvas that the first image would have in a batch padded to its largest image: as
     * wide and as high as the largest of all images or, where none is larger, as beside the same
     * image turned upright.
     */
    private static ImageSize largerMate(BatchPlan plan, int stride) {
        ImageSize own = plan.batches().get(0).canvasSize();
        int width = own.width();
        int height = own.height();
        for (PlannedBatch batch : plan.batches()) {
            width = Math.max(width, batch.canvasSize().width());
            height = Math.max(height, batch.canvasSize().height());
        }
        if (!own.equals(new ImageSize(width, height))) {
            return new ImageSize(width, height);
        }
        int side = width == height ? width + stride : Math.max(width, height);
        return new ImageSize(side, side);
    }
}
