package dev.fern.tools.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportCommandTest {

    @TempDir static Path folder;

    private static Path model;
    private static Path image;

    @BeforeAll
    static void makeModelAndImage() throws IOException {
        model = folder.resolve("model");
        image = folder.resolve("image.png");
        writeModel(model, "frn");
        byte[] pixels = new byte[3 * 60 * 50];
        new Random(3).nextBytes(pixels);
        try (BgrImage written = BgrImage.of(60, 50, pixels)) {
            written.write(image);
        }
    }

    private static void writeModel(Path folder, String norm) throws IOException {
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("norm", norm);
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(7, "cell", "")))) {
            ModelDirectory.write(folder, detector.configuration(), detector.copyParameters());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "heads, logits differ by",
        "boxes, scores differ by at most",
        "detections, the same detections as Fern"
    })
    void theFileIsComparedWithFern(String outputs, String line) {
        Path file = folder.resolve(outputs + ".onnx");
        CommandRun run =
                CommandRun.of(
                        "export",
                        "--model",
                        model.toString(),
                        "--output",
                        file.toString(),
                        "--outputs",
                        outputs,
                        "--score-threshold",
                        "0.005",
                        "--check",
                        image.toString());
        assertThat(run.status()).as(run.toString()).isZero();
        assertThat(run.out()).contains(file + ": opset 17").contains(line);
        assertThat(file).isNotEmptyFile();
    }

    @Test
    void aSizeThatTheNetworkDoesNotTakeIsRefusedAndWritesNothing() {
        Path file = folder.resolve("odd.onnx");
        for (String size : List.of("100x64", "0x64", "640", "64x-32", "99999x32")) {
            CommandRun run = export(file, "--size", size);
            assertThat(run.status()).as(size).isEqualTo(2);
            assertThat(run.complaints()).hasSize(1);
        }
        assertThat(Files.exists(file)).isFalse();
    }

    @Test
    void anImageThatDoesNotFitTheOnlySizeIsNamed() {
        Path file = folder.resolve("small.onnx");
        CommandRun run = export(file, "--size", "32x32", "--check", image.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(image.toString());
    }

    @Test
    void aModelInIntegersIsWrittenAndItsApIsPrintedBesideThatInFloats() throws IOException {
        Path batchNorm = folder.resolve("batch-norm");
        writeModel(batchNorm, "frozen-bn");
        Path images = Files.createDirectories(folder.resolve("images"));
        Files.copy(image, images.resolve("image.png"));
        Path annotations = folder.resolve("annotations.json");
        Files.writeString(
                annotations,
                """
                {"images": [{"id": 1, "file_name": "image.png", "width": 60, "height": 50}],
                 "categories": [{"id": 7, "name": "cell"}],
                 "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "area": 400,
                                  "bbox": [10, 10, 20, 20], "iscrowd": 0}]}
                """);
        Path file = folder.resolve("int8.onnx");
        CommandRun run =
                CommandRun.of(
                        "export",
                        "--model",
                        batchNorm.toString(),
                        "--output",
                        file.toString(),
                        "--quantize",
                        "int8",
                        "--calibration-images",
                        images.toString(),
                        "--annotations",
                        annotations.toString(),
                        "--images",
                        images.toString());
        assertThat(run.status()).as(run.toString()).isZero();
        assertThat(run.out())
                .contains("ranges of 1 image of", "float32  AP ", "int8     AP ", "opset 17");
        assertThat(file).isNotEmptyFile();
    }

    @Test
    void integersAreRefusedForFrn() {
        Path file = folder.resolve("frn-int8.onnx");
        CommandRun run =
                export(file, "--quantize", "int8", "--calibration-images", folder.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("frn").contains("int8");
        assertThat(file).doesNotExist();
    }

    @Test
    void whatIsReadIsNotOverwritten() throws IOException {
        for (Path read :
                List.of(
                        image,
                        model.resolve(ModelDirectory.CONFIGURATION_FILE),
                        model.resolve(ModelDirectory.PARAMETER_FILE))) {
            byte[] before = Files.readAllBytes(read);
            CommandRun run = export(read, "--check", image.toString());
            assertThat(run.status()).as(read.toString()).isEqualTo(2);
            assertThat(read).hasBinaryContent(before);
        }
    }

    private static CommandRun export(Path file, String... options) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "export",
                                "--model",
                                model.toString(),
                                "--output",
                                file.toString()));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }
}
