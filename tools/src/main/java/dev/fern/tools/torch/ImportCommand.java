package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.OutputFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Converts the weights of a torchvision RetinaNet: reads a {@code .pth} file and writes a model
 * directory that {@code fern detect} and {@code fern evaluate} take. Prints one line about the
 * network.
 */
@Command(
        name = "import",
        sortOptions = false,
        description = {
            "Converts a torchvision RetinaNet to a model directory.",
            "",
            "Reads the .pth files of retinanet_resnet50_fpn, of"
                    + " retinanet_resnet50_fpn_v2, and of the same networks on other ResNets. It"
                    + " never executes anything in the file."
        },
        footer = {
            "",
            "Example:",
            "  fern import --torchvision retinanet_resnet50_fpn_coco-eeacb38b.pth \\",
            "              --output coco",
            "  fern detect --model coco --output drawn photographs"
        })
public final class ImportCommand implements Callable<Integer> {

    @Option(
            names = "--torchvision",
            required = true,
            paramLabel = "FILE",
            description = "File with the state dictionary (.pth) of a RetinaNet.")
    private Path file;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Model directory to make. If it is there, it must be empty.")
    private Path output;

    @Option(
            names = "--categories",
            paramLabel = "FILE",
            description =
                    "COCO instances file that names the classes; its category ids are the model's"
                            + " class numbers. Default: COCO's names for a model of 91 classes, else 'class"
                            + " N'.")
    private Path categories;

    @Option(
            names = "--bn-epsilon",
            paramLabel = "X",
            description =
                    "Epsilon of the frozen batch norms, which the file does not hold: 0 or 1e-5."
                            + " Default: 0 for a v1 model of 91 classes, as torchvision sets it for its"
                            + " COCO weights, else 1e-5.")
    private Double epsilon;

    @Option(
            names = "--min-size",
            paramLabel = "N",
            defaultValue = "800",
            description =
                    "Length in pixels to which the shorter side of an image is resized. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int minSize;

    @Option(
            names = "--max-size",
            paramLabel = "N",
            defaultValue = "1333",
            description =
                    "Largest length in pixels of the longer side of a resized image. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int maxSize;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (epsilon != null && epsilon != 0 && epsilon != 1e-5) {
            throw new BadInputException("--bn-epsilon must be 0 or 1e-5, not " + epsilon);
        }
        OutputFolder.requireFree(output);
        if (Files.exists(output) && Files.isSameFile(output, Path.of(""))) {
            throw new BadInputException(
                    output + ": is the current folder; choose a new --output within it");
        }
        CanvasRule canvas;
        try {
            canvas = new CanvasRule(minSize, maxSize);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--min-size, --max-size: " + e.getMessage(), e);
        }
        TorchvisionRetinaNet network;
        DetectorConfiguration configuration;
        try {
            network = TorchvisionRetinaNet.of(TorchCheckpoint.read(file).tensors(), epsilon);
            ModelDirectory.requireFinite(network.parameters());
            configuration =
                    new DetectorConfiguration(
                            DetectorConfiguration.VERSION,
                            network.architecture(),
                            categories(network.categories()),
                            canvas,
                            PixelNormalization.IMAGENET,
                            new PostProcessing(0.05, 0.5, 1000, 300));
            try (Detector detector = Detector.create(configuration, Engines.DEFAULT, 0)) {
                ParameterValues.assign(detector.network(), network.parameters());
            }
        } catch (IllegalArgumentException e) {
            throw new BadInputException(file + ": " + e.getMessage(), e);
        }
        Files.createDirectories(output.toAbsolutePath().getParent());
        ModelDirectory.write(output, configuration, network.parameters());
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%s: RetinaNet, %d classes, %d parameters%n",
                output,
                network.categories(),
                network.parameters().values().stream().mapToLong(t -> t.data().length).sum());
        out.flush();
        return 0;
    }

    private List<CocoCategory> categories(int count) throws IOException, BadInputException {
        if (categories == null) {
            return count == CocoNames.CLASSES
                    ? CocoNames.byClass()
                    : IntStream.range(0, count)
                            .mapToObj(k -> new CocoCategory(k, "class " + k, ""))
                            .toList();
        }
        List<CocoCategory> known = CocoDataset.read(categories).numberedCategories();
        for (CocoCategory category : known) {
            if (category.id() < 1 || category.id() >= count) {
                throw new BadInputException(
                        categories
                                + ": category "
                                + category.name()
                                + " has id "
                                + category.id()
                                + ", but the model's classes are 1 to "
                                + (count - 1));
            }
        }
        return IntStream.range(0, count)
                .mapToObj(
                        k ->
                                known.stream()
                                        .filter(c -> c.id() == k)
                                        .findFirst()
                                        .orElse(new CocoCategory(k, "class " + k, "")))
                .toList();
    }
}
