package dev.fern.tools.export;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.onnx.OnnxCheck;
import dev.fern.onnx.OnnxComparison;
import dev.fern.onnx.OnnxExport;
import dev.fern.onnx.OnnxOptions;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a model as an ONNX file and, where that is asked for, compares the two on an image. */
@Command(
        name = "export",
        sortOptions = false,
        description = {
            "Writes a model as an ONNX file, for ONNX Runtime and all that reads ONNX.",
            "",
            "The file's input 'images' is [N, 3, H, W]: images as the network sees them, resized,"
                    + " normalised, red first, on a canvas whose sides are multiples of 32. Its"
                    + " metadata say how, and name the categories. See docs/export.md."
        },
        footer = {
            "",
            "Examples:",
            "  fern export --model runs/a/best --output detector.onnx",
            "  fern export --model runs/a/best --output detector.onnx --size 640x480 --check a.jpg",
            "  fern export --model runs/a/best --output detector.onnx --quantize int8 \\",
            "              --calibration-images train --annotations val.json --images val"
        })
public final class ExportCommand implements Callable<Integer> {

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model directory.")
    private Path model;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "ONNX file to write.")
    private Path output;

    @Option(
            names = "--outputs",
            paramLabel = "NAME",
            defaultValue = "detections",
            description =
                    "What the file gives: detections (boxes, scores and labels after non-maximum"
                            + " suppression), boxes (scores and boxes of all anchors), or heads (the"
                            + " network's own outputs). Default: ${DEFAULT-VALUE}.")
    private OnnxOptions.Outputs outputs;

    @Option(
            names = "--size",
            paramLabel = "WxH",
            description =
                    "The only size in pixels of the input, both sides multiples of 32. Default: any"
                            + " size.")
    private String size;

    @Option(
            names = "--score-threshold",
            paramLabel = "X",
            description = "Least score of the file's detections, 0 to 1. Default: the model's.")
    private Double scoreThreshold;

    @Option(
            names = "--check",
            paramLabel = "IMAGE",
            description =
                    "Run the file with ONNX Runtime on this image and print how far it is from"
                            + " Fern.")
    private Path image;

    @ArgGroup(exclusive = false)
    private Int8Options int8;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OutputFile.require(
                output,
                Arrays.asList(
                        image,
                        int8 == null || int8.labelled() == null
                                ? null
                                : int8.labelled().annotations()));
        OnnxOptions options;
        DetectorConfiguration configuration = ModelDirectory.readConfiguration(model);
        try {
            options = new OnnxOptions(outputs, canvas());
            if (scoreThreshold != null) {
                configuration =
                        configuration.withPostProcessing(
                                configuration.postProcessing().withScoreThreshold(scoreThreshold));
            }
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        if ((image != null || int8 != null) && !OnnxCheck.isAvailable()) {
            throw new BadInputException(
                    (image != null ? "--check" : "--quantize")
                            + " needs ONNX Runtime, which is not here: start ./fern in the sources,"
                            + " which fetches it, or make an archive with it by mvn -DskipTests"
                            + " -Pdist,onnxruntime package");
        }
        try (Detector detector =
                Detector.builder(model).optPostProcessing(configuration.postProcessing()).load()) {
            PrintWriter out = spec.commandLine().getOut();
            if (int8 == null) {
                OnnxExport.write(configuration, detector.copyParameters(), options, output);
            } else {
                new Int8Export(configuration, detector.copyParameters(), out)
                        .write(int8, options, output);
            }
            out.printf(
                    Locale.ROOT,
                    "%s: opset %d, %.1f MB%n",
                    output,
                    OnnxExport.OPSET,
                    Files.size(output) / 1e6);
            if (image != null) {
                compare(detector, options).forEach((name, value) -> out.println(line(name, value)));
            }
        }
        return 0;
    }

    private Optional<ImageSize> canvas() throws BadInputException {
        if (size == null) {
            return Optional.empty();
        }
        Matcher sides = SIZE.matcher(size);
        if (!sides.matches()) {
            throw new BadInputException("--size must be like 640x480, not '" + size + "'");
        }
        return Optional.of(
                new ImageSize(Integer.parseInt(sides.group(1)), Integer.parseInt(sides.group(2))));
    }

    private Map<String, Double> compare(Detector detector, OnnxOptions options)
            throws IOException, BadInputException {
        try (BgrImage pixels = ImageReader.standard().read(image);
                OnnxCheck check = OnnxCheck.load(output)) {
            return new OnnxComparison(detector, check, options).of(pixels);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(image + ": " + e.getMessage(), e);
        }
    }

    private static String line(String name, double value) {
        return switch (name) {
            case "missing" ->
                    value == 0
                            ? "the same detections as Fern"
                            : String.format(
                                    Locale.ROOT, "%.0f detections that only one side has", value);
            case "boxes" ->
                    String.format(Locale.ROOT, "boxes differ by at most %.2g pixels", value);
            case "scores" -> String.format(Locale.ROOT, "scores differ by at most %.2g", value);
            default -> String.format(Locale.ROOT, "%s differ by %.2g of their size", name, value);
        };
    }
}
