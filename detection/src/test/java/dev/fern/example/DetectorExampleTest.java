package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.fern.backbone.onednn.Precision;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.draw.DetectionPainter;
import dev.fern.detection.draw.LabelledBox;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorInput;
import dev.fern.detection.model.DetectorTranslatorFactory;
import dev.fern.detection.model.TinyDetectors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the documentation's examples of detection, from outside the packages, with a detector that
 * finds much although nobody trained it. The test of the documents, in tools, holds what is printed
 * against the lines between the marks.
 */
class DetectorExampleTest {

    @TempDir Path folder;

    private Path model;
    private Path photograph;
    private final PrintStream standardOutput = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void makeModelAndPhotograph() throws IOException {
        model = folder.resolve("model");
        TinyDetectors.write(model, new CanvasRule(60, 100));
        photograph = TestImages.write(folder.resolve("photograph.png"), 90, 50, 1);
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void giveStandardOutputBack() {
        System.setOut(standardOutput);
    }

    @Test
    void objectsOfOneImageAreFound() throws IOException {
        // example begins
        try (Detector detector = Detector.load(model)) {
            for (Detection found : detector.detect(photograph)) {
                System.out.println(found.categoryName() + " " + found.score());
            }
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .isNotEmpty()
                .allMatch(line -> line.matches("(cell|clot) 0\\.\\d+"));
    }

    @Test
    void objectsAreDrawn() throws IOException {
        Path drawing = folder.resolve("drawing.png");
        // example begins
        try (Detector detector = Detector.load(model);
                BgrImage image = ImageReader.standard().read(photograph)) {
            List<LabelledBox> boxes = new ArrayList<>();
            for (Detection d : detector.detect(image)) {
                String name = d.categoryName();
                boxes.add(new LabelledBox(d.x1(), d.y1(), d.x2(), d.y2(), d.category(), name));
            }
            new DetectionPainter().paint(image, boxes);
            image.write(drawing); // .png or .jpg
        }
        // example ends
        try (BgrImage before = ImageReader.standard().read(photograph);
                BgrImage after = ImageReader.standard().read(drawing)) {
            assertThat(after.pixels()).hasSameSizeAs(before.pixels()).isNotEqualTo(before.pixels());
        }
    }

    @Test
    void aModelIsEvaluatedOnADataSet() throws Exception {
        Path images = folder;
        Path annotations =
                Files.writeString(
                        folder.resolve("val.json"),
                        """
                        {"images": [{"id": 5, "file_name": "photograph.png", "width": 90, "height": 50}],
                         "categories": [{"id": 3, "name": "cell"}, {"id": 8, "name": "clot"}],
                         "annotations": [{"id": 1, "image_id": 5, "category_id": 3, "iscrowd": 0,
                                          "bbox": [10, 5, 30, 40], "area": 1200}]}
                        """);
        // example begins
        LabelledImages val = LabelledImages.open(annotations, images);
        LoaderOptions loading = new LoaderOptions(2, 5, false); // threads, batches ahead
        try (Detector detector = Detector.load(model, "MXNet")) {
            CocoResults results =
                    DatasetDetection.run(
                            detector,
                            val.images(),
                            8, // images per batch
                            loading,
                            done -> System.err.print("\r" + done + " images"),
                            leftOut -> System.err.println(leftOut.getMessage()));
            Evaluation evaluation =
                    CocoEvaluator.evaluate(val.coco(), results, EvaluationParameters.defaults());
            System.out.print(evaluation.table());
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines()).hasSize(12);
    }

    @Test
    void plainDjlFindsObjects() throws Exception {
        // example begins
        Criteria<Path, DetectedObjects> criteria =
                Criteria.builder()
                        .setTypes(Path.class, DetectedObjects.class)
                        .optApplication(Application.CV.OBJECT_DETECTION)
                        .optModelPath(model)
                        .optTranslatorFactory(new DetectorTranslatorFactory())
                        .build();
        try (ZooModel<Path, DetectedObjects> loaded = criteria.loadModel();
                Predictor<Path, DetectedObjects> predictor = loaded.newPredictor()) {
            DetectedObjects objects = predictor.predict(photograph);
            System.out.println(objects);
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("cell", "clot");
    }

    @Test
    void listsAndSettings() throws IOException {
        // example begins
        try (Detector detector =
                Detector.builder(model)
                        .optEngine("MXNet") // default: MXNet, or PyTorch where that alone is there
                        .optScoreThreshold(0.3) // default: the model's
                        .optMaxDetections(20) // default: the model's
                        .optPrecision(Precision.FLOAT32)
                        .optReader(new ImageReader(20_000_000, ImageOrientation.AUTO)) // pixels
                        .optLanes(1) // default: one for every four cores
                        .load()) {
            List<Path> files = List.of(photograph, photograph);
            for (List<Detection> found : detector.detect(files, DetectorInput::of)) {
                found.forEach(System.out::println); // cell 0.87: x 12.0 to 40.5, y 3.1 to 22.0
            }
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .hasSize(2 * 20)
                .allMatch(line -> line.matches("(cell|clot) 0\\.\\d\\d: x .* to .*, y .* to .*"));
    }

    @Test
    void threadsShareADetector() throws Exception {
        List<byte[]> uploads = Collections.nCopies(20, Files.readAllBytes(photograph));
        // example begins
        try (Detector detector = Detector.load(model)) {
            ExecutorService requests = Executors.newFixedThreadPool(8);
            List<Future<List<Detection>>> answers = new ArrayList<>();
            for (byte[] request : uploads) {
                answers.add(requests.submit(() -> detector.detect(request)));
            }
            for (Future<List<Detection>> answer : answers) {
                System.out.println(answer.get());
            }
            requests.shutdown();
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines().distinct()).hasSize(1);
    }

    @Test
    void servingFindsObjects() throws Exception {
        // example begins
        Criteria<Input, Output> criteria =
                Criteria.builder().setTypes(Input.class, Output.class).optModelPath(model).build();
        try (ZooModel<Input, Output> loaded = criteria.loadModel();
                Predictor<Input, Output> predictor = loaded.newPredictor()) {
            Input request = new Input();
            request.add("data", Files.readAllBytes(photograph));
            System.out.println(predictor.predict(request).getData().getAsString()); // JSON
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("\"className\"", "cell");
    }
}
