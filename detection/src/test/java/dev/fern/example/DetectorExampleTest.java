package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.inference.Predictor;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import dev.fern.cocoeval.CocoCategory;
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
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.TinyDetectors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        try (Detector detector =
                TinyDetectors.lively(
                        TinyDetectors.configuration(
                                "frn", new CanvasRule(60, 100), PostProcessing.DEFAULT),
                        6)) {
            ModelDirectory.write(model, detector.configuration(), detector.copyParameters());
        }
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
        try (Detector detector = Detector.load(model, "MXNet");
                BgrImage image = ImageReader.standard().read(photograph)) {
            List<CocoCategory> categories = detector.configuration().categories();
            for (Detection found : detector.detect(image)) {
                String name = categories.get(found.category()).name();
                System.out.printf("%s %.2f: ", name, found.score());
                System.out.printf("x %.0f to %.0f, ", found.x1(), found.x2());
                System.out.printf("y %.0f to %.0f%n", found.y1(), found.y2());
            }
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .isNotEmpty()
                .allMatch(line -> line.matches("(cell|clot) 0\\.\\d\\d: x \\d+ to \\d+, y .*"));
    }

    @Test
    void objectsAreDrawn() throws IOException {
        Path drawing = folder.resolve("drawing.png");
        // example begins
        try (Detector detector = Detector.load(model, "MXNet");
                BgrImage image = ImageReader.standard().read(photograph)) {
            List<LabelledBox> boxes = new ArrayList<>();
            for (Detection d : detector.detect(image)) {
                String name = detector.configuration().categories().get(d.category()).name();
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
        Criteria<Image, DetectedObjects> criteria =
                Criteria.builder()
                        .setTypes(Image.class, DetectedObjects.class)
                        .optModelPath(model)
                        .optTranslatorFactory(new DeferredTranslatorFactory())
                        .build();
        try (ZooModel<Image, DetectedObjects> loaded = criteria.loadModel();
                Predictor<Image, DetectedObjects> predictor = loaded.newPredictor()) {
            Image image = ImageFactory.getInstance().fromFile(photograph);
            DetectedObjects objects = predictor.predict(image);
            System.out.println(objects);
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("cell", "clot");
    }
}
