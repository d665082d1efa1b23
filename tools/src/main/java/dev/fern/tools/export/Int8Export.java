package dev.fern.tools.export;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.onnx.ActivationRanges;
import dev.fern.onnx.Calibration;
import dev.fern.onnx.OnnxCheck;
import dev.fern.onnx.OnnxEvaluation;
import dev.fern.onnx.OnnxExport;
import dev.fern.onnx.OnnxOptions;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.DataWarnings;
import dev.fern.tools.input.InputImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Writes a model in integers, and prints what that costs in AP and gains in time. */
final class Int8Export {

    /** The most images that ranges are measured on. */
    static final int MOST_IMAGES = 100;

    private static final OnnxOptions DETECTIONS =
            new OnnxOptions(OnnxOptions.Outputs.DETECTIONS, Optional.empty());

    private final DetectorConfiguration configuration;
    private final Map<String, Tensor> parameters;
    private final PrintWriter out;

    Int8Export(
            DetectorConfiguration configuration, Map<String, Tensor> parameters, PrintWriter out) {
        this.configuration = configuration;
        this.parameters = parameters;
        this.out = out;
    }

    void write(Int8Options options, OnnxOptions model, Path file)
            throws IOException, BadInputException, InterruptedException {
        Int8Options.Labelled labelled = options.labelled();
        Optional<LabelledImages> images =
                labelled == null
                        ? Optional.empty()
                        : Optional.of(open(labelled.annotations(), labelled.images()));
        ActivationRanges ranges = calibrate(options.calibrationImages());
        OnnxExport.writeInt8(configuration, parameters, model, ranges, file);
        if (images.isPresent()) {
            compare(images.get(), ranges);
        }
    }

    private static LabelledImages open(Path annotations, Path folder) throws IOException {
        LabelledImages labelled = LabelledImages.open(annotations, folder);
        DataWarnings.print(annotations, labelled.advice());
        return labelled;
    }

    private ActivationRanges calibrate(Path folder) throws IOException, BadInputException {
        List<Path> all = InputImages.inFolder(folder);
        int count = Math.min(all.size(), MOST_IMAGES);
        List<Path> some =
                IntStream.range(0, count)
                        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
                        .toList();
        try (Calibration calibration = new Calibration(configuration, parameters);
                CountProgress progress = new CountProgress("calibrate", count)) {
            for (int i = 0; i < count; i++) {
                try (BgrImage image = ImageReader.standard().read(some.get(i))) {
                    calibration.add(image);
                }
                progress.at(i + 1);
            }
            out.printf(
                    Locale.ROOT,
                    "int8: ranges of %d image%s of %s%n",
                    count,
                    count == 1 ? "" : "s",
                    folder);
            return calibration.ranges();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private void compare(LabelledImages labelled, ActivationRanges ranges)
            throws IOException, InterruptedException {
        MatchedCategories categories =
                MatchedCategories.of(
                        configuration.categories(), "the model", labelled.coco(), labelled.name());
        categories.notes().forEach(note -> System.err.println(VisibleText.of(note)));
        Path floats = Files.createTempFile("fern-float32", ".onnx");
        Path integers = Files.createTempFile("fern-int8", ".onnx");
        try {
            OnnxExport.write(configuration, parameters, DETECTIONS, floats);
            OnnxExport.writeInt8(configuration, parameters, DETECTIONS, ranges, integers);
            try (OnnxCheck before = OnnxCheck.load(floats);
                    OnnxCheck after = OnnxCheck.load(integers);
                    CountProgress progress =
                            new CountProgress("evaluate", labelled.images().samples().size())) {
                List<OnnxEvaluation.Result> results =
                        OnnxEvaluation.of(
                                configuration,
                                List.of(before, after),
                                labelled,
                                categories.match(),
                                new LoaderOptions(1, 2, false),
                                progress::at);
                print("float32", results.get(0));
                print("int8", results.get(1));
            }
        } finally {
            Files.deleteIfExists(floats);
            Files.deleteIfExists(integers);
        }
    }

    private void print(String numbers, OnnxEvaluation.Result result) {
        Map<CocoMetric, Double> stats = result.evaluation().stats();
        out.printf(
                Locale.ROOT,
                "%-8s AP %.3f, AP50 %.3f, AP75 %.3f; %.1f ms per image in ONNX Runtime%n",
                numbers,
                stats.get(CocoMetric.AP),
                stats.get(CocoMetric.AP50),
                stats.get(CocoMetric.AP75),
                result.millisPerImage());
    }
}
