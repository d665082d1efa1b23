package dev.fern.onnx;

import static dev.fern.onnx.LivelyDetectors.fresh;
import static dev.fern.onnx.LivelyDetectors.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds every kind of model against ONNX's own checker, with inference of all shapes. */
class OnnxCheckerTest {

    /** The first is what a user has set up, the second where Debian's package is. */
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    private static final String CHECK =
            "import onnx, sys\n"
                    + "for file in sys.argv[1:]:\n"
                    + "    onnx.checker.check_model(file, full_check=True)\n";

    private static final List<List<String>> NETWORKS =
            List.of(
                    List.of("resnet18", "frn"),
                    List.of("resnet18", "frn-eps"),
                    List.of("resnet18", "bn"),
                    List.of("resnet18", "gn2"),
                    List.of("resnet50", "frn"),
                    List.of("resnet50v2", "frn"),
                    List.of("resnet18v2", "bn"),
                    List.of("resnet50", "frozen-bn"));

    @TempDir Path folder;

    @Test
    void theCheckerPassesEveryModel() throws Exception {
        Optional<String> python = python();
        assumeTrue(
                python.isPresent(),
                "skipped: no python3 with the package onnx; Debian has it as python3-onnx");
        List<String> files = new ArrayList<>();
        for (List<String> network : NETWORKS) {
            String norm = network.get(1);
            try (Detector detector = fresh(network(network.get(0), norm))) {
                for (OnnxOptions.Outputs outputs : OnnxOptions.Outputs.values()) {
                    write(detector, outputs, Optional.empty(), files);
                }
                write(
                        detector,
                        OnnxOptions.Outputs.DETECTIONS,
                        Optional.of(new ImageSize(96, 64)),
                        files);
                if (norm.endsWith("bn")) {
                    writeInt8(detector, files);
                }
            }
        }
        assertThat(files).hasSize(4 * NETWORKS.size() + 3);
        assertThat(run(python.get(), CHECK, files)).isEmpty();
    }

    private void write(
            Detector detector,
            OnnxOptions.Outputs outputs,
            Optional<ImageSize> size,
            List<String> files)
            throws IOException {
        Path file = next(files);
        OnnxExport.write(
                detector.configuration(),
                detector.copyParameters(),
                new OnnxOptions(outputs, size),
                file);
    }

    private void writeInt8(Detector detector, List<String> files) throws IOException {
        Path file = next(files);
        try (Calibration calibration =
                        new Calibration(detector.configuration(), detector.copyParameters());
                BgrImage image = BgrImage.of(96, 64, new byte[3 * 96 * 64])) {
            calibration.add(image);
            OnnxExport.writeInt8(
                    detector.configuration(),
                    detector.copyParameters(),
                    new OnnxOptions(OnnxOptions.Outputs.DETECTIONS, Optional.empty()),
                    calibration.ranges(),
                    file);
        }
    }

    private static JsonObject network(String backbone, String norm) {
        JsonObject settings = settings(backbone, norm);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        return settings;
    }

    private Path next(List<String> files) {
        Path file = folder.resolve(files.size() + ".onnx");
        files.add(file.toString());
        return file;
    }

    private static Optional<String> python() throws InterruptedException {
        for (String python : PYTHONS) {
            try {
                if (run(python, "import onnx", List.of()).isEmpty()) {
                    return Optional.of(python);
                }
            } catch (IOException e) {
                // There is none of this name.
                continue;
            }
        }
        return Optional.empty();
    }

    /** Runs a program and returns what it has to say if it fails. */
    private static String run(String python, String program, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(python, "-c", program));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : "failed: " + said;
    }
}
