package dev.fern.tools.weights;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.PostProcessing;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFolder;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.torch.WeightsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Converts weights of other programs: reads a file and writes a model directory that other commands
 * take. Prints one line about the network.
 */
@Command(
        name = "import",
        sortOptions = false,
        description = {
            "Makes a model directory of weights that another program has trained.",
            "",
            "FILE is a PyTorch checkpoint (.pth, .pt), a safetensors file or a pickle of detectron2's"
                    + " model zoo (.pkl). It may hold much else besides the weights. That is skipped,"
                    + " and nothing in the file is ever executed.",
            "",
            "The names of the tensors tell what network it is:",
            "  a RetinaNet of torchvision, detectron2 or yhenon/pytorch-retinanet becomes a detector"
                    + " for 'fern detect' and 'fern evaluate';",
            "  a classification ResNet of torchvision or timm becomes a backbone for 'fern train"
                    + " --backbone-weights'."
        },
        footer = {
            "",
            "Examples:",
            "  fern import retinanet_resnet50_fpn_coco-eeacb38b.pth --output coco",
            "  fern detect --model coco --output drawn photographs",
            "",
            "  fern import resnet50-11ad3fa6.pth --output resnet50",
            "  fern train --backbone-weights resnet50 --norm frozen-bn --freeze-stages 2 ..."
        })
public final class ImportCommand implements Callable<Integer> {

    /** The file, whose kind may be named. */
    private static final class Source {

        @Parameters(
                paramLabel = "FILE",
                arity = "0..1",
                description = "File with the weights of a network of any of the kinds below.")
        private Path any;

        @Option(
                names = "--torchvision",
                paramLabel = "FILE",
                description = "File with the weights of a torchvision RetinaNet.")
        private Path torchvision;

        @Option(
                names = "--detectron2",
                paramLabel = "FILE",
                description = "File with the weights of a detectron2 RetinaNet.")
        private Path detectron2;

        @Option(
                names = "--yhenon",
                paramLabel = "FILE",
                description = "File with the weights of a yhenon/pytorch-retinanet.")
        private Path yhenon;

        @Option(
                names = "--resnet",
                paramLabel = "FILE",
                description = "File with the weights of a classification ResNet.")
        private Path resNet;

        private Optional<NetworkKind> kind() {
            if (torchvision != null) {
                return Optional.of(NetworkKind.TORCHVISION);
            }
            if (detectron2 != null) {
                return Optional.of(NetworkKind.DETECTRON2);
            }
            if (yhenon != null) {
                return Optional.of(NetworkKind.YHENON);
            }
            return resNet != null ? Optional.of(NetworkKind.RESNET) : Optional.empty();
        }

        private Path file() {
            for (Path named : new Path[] {torchvision, detectron2, yhenon, resNet}) {
                if (named != null) {
                    return named;
                }
            }
            return any;
        }
    }

    @ArgGroup(multiplicity = "1")
    private Source source;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Model directory to make. If it is there, it must be empty.")
    private Path output;

    @Option(
            names = "--entry",
            paramLabel = "KEY",
            description =
                    "Entry of the checkpoint that holds the weights, such as model_ema. Default: the"
                            + " model itself, not a moving average of it.")
    private String entry;

    @Option(
            names = "--categories",
            paramLabel = "FILE",
            description =
                    "COCO instances file that names a detector's classes. A torchvision model's class"
                            + " numbers are category ids; the classes of the others are the categories"
                            + " in the order of their ids. Default: COCO's names for a model of COCO's"
                            + " classes, else 'class N'.")
    private Path categories;

    @Option(
            names = "--bn-epsilon",
            paramLabel = "X",
            description =
                    "Epsilon of the frozen batch norms of a torchvision RetinaNet, which the file does"
                            + " not hold: 0 or 1e-5. Default: 0 for a v1 model of 91 classes, as"
                            + " torchvision sets it for its COCO weights, else 1e-5.")
    private Double epsilon;

    @Option(
            names = "--detectron2-base",
            paramLabel = "BASE",
            description =
                    "What the backbone of a detectron2 RetinaNet was first trained from, which the"
                            + " file does not hold: msra (pixels in BGR, stride in the 1x1 convolution)"
                            + " or torchvision (RGB, stride in the 3x3). Default: msra, as in"
                            + " detectron2's model zoo.")
    private Detectron2RetinaNet.Base base;

    @Option(
            names = "--min-size",
            paramLabel = "N",
            description =
                    "Length in pixels to which the shorter side of an image is resized for a detector."
                            + " Default: what the program uses, 800, or 608 for yhenon's.")
    private Integer minSize;

    @Option(
            names = "--max-size",
            paramLabel = "N",
            description =
                    "Largest length in pixels of the longer side of a resized image. Default: 1333, or"
                            + " 1024 for yhenon's.")
    private Integer maxSize;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (epsilon != null && epsilon != 0 && epsilon != 1e-5) {
            throw new BadInputException("--bn-epsilon must be 0 or 1e-5, not " + epsilon);
        }
        canvas(new CanvasRule(800, 1333)); // before a large file is read
        OutputFolder.requireFree(output);
        if (Files.exists(output) && Files.isSameFile(output, Path.of(""))) {
            throw new BadInputException(
                    output + ": is the current folder; choose a new --output within it");
        }
        ImportedModel model;
        try {
            model = read();
            Files.createDirectories(output.toAbsolutePath().getParent());
            model.write(output);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(source.file() + ": " + e.getMessage(), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%s: %s, %s%d parameters%n",
                output,
                model.title(),
                model.classes() == 0 ? "" : model.classes() + " classes, ",
                model.parameters().values().stream().mapToLong(t -> t.data().length).sum());
        out.flush();
        return 0;
    }

    private ImportedModel read() throws IOException, BadInputException {
        try (WeightsFile file = WeightsFile.open(source.file())) {
            RecognisedWeights weights =
                    RecognisedWeights.in(
                            file.stateDicts(), source.kind(), Optional.ofNullable(entry));
            requireApplicable(weights.kind());
            tell(weights, file.skippedClasses());
            Map<String, Tensor> state = weights.read();
            return switch (weights.kind()) {
                case TORCHVISION -> torchvision(state);
                case DETECTRON2 -> detectron2(state);
                case YHENON -> yhenon(state);
                case RESNET -> resNet(state);
            };
        }
    }

    /** Refuses options that have no meaning for a kind of network. */
    private void requireApplicable(NetworkKind kind) {
        if (kind != NetworkKind.TORCHVISION) {
            refuse("--bn-epsilon", epsilon, kind);
        }
        if (kind != NetworkKind.DETECTRON2) {
            refuse("--detectron2-base", base, kind);
        }
        if (kind == NetworkKind.RESNET) {
            refuse("--categories", categories, kind);
            refuse("--min-size", minSize, kind);
            refuse("--max-size", maxSize, kind);
        }
    }

    private static void refuse(String option, Object value, NetworkKind kind) {
        if (value != null) {
            throw new IllegalArgumentException(
                    "holds a " + kind.title() + ", for which " + option + " has no meaning");
        }
    }

    /** Says which weights are taken, where a file leaves a choice. */
    private void tell(RecognisedWeights weights, List<String> skipped) {
        PrintWriter err = spec.commandLine().getErr();
        if (!weights.others().isEmpty()) {
            err.printf(
                    "%s: took the weights at %s; others are at %s (see --entry)%n",
                    source.file(),
                    VisibleText.of(weights.place()),
                    VisibleText.of(String.join(", ", weights.others())));
        }
        if (!skipped.isEmpty()) {
            int shown = Math.min(skipped.size(), 3);
            err.printf(
                    "%s: skipped what is no tensor: %s%s%n",
                    source.file(),
                    VisibleText.of(String.join(", ", skipped.subList(0, shown))),
                    shown < skipped.size() ? ", ..." : "");
        }
        err.flush();
    }

    private ImportedModel torchvision(Map<String, Tensor> state)
            throws IOException, BadInputException {
        TorchvisionRetinaNet network = TorchvisionRetinaNet.of(state, epsilon);
        return new ImportedModel.OfDetector(
                title(NetworkKind.TORCHVISION, network),
                network.architecture(),
                new ClassNames(categories).withBackground(network.categories()),
                canvas(new CanvasRule(800, 1333)),
                PixelNormalization.IMAGENET,
                new PostProcessing(0.05, 0.5, 1000, 300),
                network.parameters());
    }

    private ImportedModel detectron2(Map<String, Tensor> state)
            throws IOException, BadInputException {
        Detectron2RetinaNet read = Detectron2RetinaNet.of(state, Optional.ofNullable(base));
        return new ImportedModel.OfDetector(
                title(NetworkKind.DETECTRON2, read.network()),
                read.network().architecture(),
                new ClassNames(categories).inOrder(read.network().categories()),
                canvas(new CanvasRule(800, 1333)),
                read.normalization(),
                PostProcessing.DEFAULT,
                read.network().parameters());
    }

    private ImportedModel yhenon(Map<String, Tensor> state) throws IOException, BadInputException {
        TorchvisionRetinaNet network = YhenonRetinaNet.of(state);
        return new ImportedModel.OfDetector(
                title(NetworkKind.YHENON, network),
                network.architecture(),
                new ClassNames(categories).inOrder(network.categories()),
                canvas(new CanvasRule(608, 1024)),
                PixelNormalization.IMAGENET,
                PostProcessing.DEFAULT,
                network.parameters());
    }

    private static ImportedModel resNet(Map<String, Tensor> state) {
        ClassificationResNet network = ClassificationResNet.of(state);
        String title = network.classes() == 0 ? "backbone " : NetworkKind.RESNET.title() + " ";
        return new ImportedModel.OfClassifier(
                title + NamedLayers.title(network.backbone()),
                network.backbone(),
                network.classes(),
                network.parameters());
    }

    private static String title(NetworkKind kind, TorchvisionRetinaNet network) {
        return kind.title() + " on " + network.title();
    }

    private CanvasRule canvas(CanvasRule usual) throws BadInputException {
        try {
            return new CanvasRule(
                    minSize == null ? usual.minSize() : minSize,
                    maxSize == null ? usual.maxSize() : maxSize);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--min-size, --max-size: " + e.getMessage(), e);
        }
    }
}
