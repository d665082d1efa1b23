package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Rectangle;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that knows DJL but not Fern needs nothing but a model directory. */
@Tag("engine")
class PlainDjlLoadingTest {

    @TempDir Path folder;

    private Path model;

    @BeforeEach
    void writeModel() throws IOException {
        model = Files.createDirectory(folder.resolve("model"));
        TinyDetectors.write(model, new CanvasRule(60, 100));
    }

    @Test
    void predictionsAreTheDetectors() throws Exception {
        List<Path> files =
                List.of(
                        TestImages.write(folder.resolve("wide.png"), 90, 50, 1),
                        TestImages.write(folder.resolve("high.png"), 40, 120, 2));
        try (ZooModel<Image, DetectedObjects> loaded = criteria(model).loadModel();
                Predictor<Image, DetectedObjects> predictor = loaded.newPredictor();
                Detector detector = Detector.load(model, TinyDetectors.ENGINE)) {
            List<Image> images =
                    List.of(
                            ImageFactory.getInstance().fromFile(files.get(0)),
                            ImageFactory.getInstance().fromFile(files.get(1)));
            // The images of one call have two sizes.
            List<DetectedObjects> predicted = predictor.batchPredict(images);
            for (int n = 0; n < files.size(); n++) {
                try (BgrImage image = ImageReader.standard().read(files.get(n))) {
                    assertEqual(predicted.get(n), detector.detect(image), image);
                    assertEqual(predictor.predict(images.get(n)), detector.detect(image), image);
                }
            }
        }
    }

    /** Scores that are all but equal may come in either order: the sums are not to the same bit. */
    private static void assertEqual(
            DetectedObjects predicted, List<Detection> detected, BgrImage image) {
        assertThat(detected).isNotEmpty();
        assertThat(predicted.getNumberOfObjects()).isEqualTo(detected.size());
        List<DetectedObjects.DetectedObject> left = new ArrayList<>();
        for (int i = 0; i < detected.size(); i++) {
            left.add(predicted.item(i));
            assertThat(predicted.item(i).getProbability())
                    .isCloseTo(detected.get(i).score(), within(1e-5));
        }
        for (Detection detection : detected) {
            DetectedObjects.DetectedObject same =
                    left.stream()
                            .filter(object -> isSame(object, detection, image))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError(detection + " is not predicted"));
            left.remove(same);
        }
    }

    private static boolean isSame(
            DetectedObjects.DetectedObject object, Detection detection, BgrImage image) {
        Rectangle box = object.getBoundingBox().getBounds();
        return object.getClassName().equals(detection.category() == 0 ? "cell" : "clot")
                && Math.abs(object.getProbability() - detection.score()) < 1e-5
                && Math.abs(box.getX() * image.width() - detection.x1()) < 1e-3
                && Math.abs(box.getY() * image.height() - detection.y1()) < 1e-3
                && Math.abs((box.getX() + box.getWidth()) * image.width() - detection.x2()) < 1e-3
                && Math.abs((box.getY() + box.getHeight()) * image.height() - detection.y2())
                        < 1e-3;
    }

    @Test
    void damagedModelIsAnErrorThatNamesTheFile() throws Exception {
        Files.delete(model.resolve("parameters.safetensors"));
        assertThatThrownBy(() -> criteria(model).loadModel())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("parameters.safetensors");
        Files.writeString(model.resolve("model.json"), "{}");
        assertThatThrownBy(() -> criteria(model).loadModel())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("model.json");
    }

    @Test
    void otherTypesAreRefused() throws Exception {
        DetectorTranslatorFactory factory = new DetectorTranslatorFactory();
        assertThat(factory.isSupported(Image.class, DetectedObjects.class)).isTrue();
        assertThat(factory.isSupported(String.class, DetectedObjects.class)).isFalse();
        assertThat(factory.isSupported(Input.class, DetectedObjects.class)).isFalse();
        try (ZooModel<Image, DetectedObjects> loaded = criteria(model).loadModel()) {
            assertThatThrownBy(
                            () ->
                                    factory.newInstance(
                                            Image.class,
                                            Output.class,
                                            loaded.getWrappedModel(),
                                            null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Image");
        }
    }

    private <I> DetectedObjects predict(Class<I> form, I image) throws Exception {
        Criteria<I, DetectedObjects> criteria =
                Criteria.builder()
                        .setTypes(form, DetectedObjects.class)
                        .optApplication(Application.CV.OBJECT_DETECTION)
                        .optModelPath(model)
                        .optEngine(TinyDetectors.ENGINE)
                        .optTranslatorFactory(new DetectorTranslatorFactory())
                        .build();
        try (ZooModel<I, DetectedObjects> loaded = criteria.loadModel();
                Predictor<I, DetectedObjects> predictor = loaded.newPredictor()) {
            return predictor.predict(image);
        }
    }

    /** The file is turned by its EXIF orientation in every form that has it. */
    @Test
    void everyFormOfAnImageFileGivesTheSame() throws Exception {
        Path file = folder.resolve("turned.png");
        TestImages.writeTurned(file, TestImages.random(50, 90, 3), 6);
        List<DetectedObjects> all =
                List.of(
                        predict(Path.class, file),
                        predict(URL.class, file.toUri().toURL()),
                        predict(InputStream.class, Files.newInputStream(file)));
        try (Detector detector = Detector.load(model, TinyDetectors.ENGINE);
                BgrImage image = ImageReader.standard().read(file)) {
            assertThat(image.width()).isEqualTo(50);
            for (DetectedObjects objects : all) {
                assertEqual(objects, detector.detect(image), image);
            }
        }
    }

    /** As DJL Serving loads a model: by what serving.properties says, without a translator. */
    private static ZooModel<Input, Output> serving(Path model, Map<String, String> arguments)
            throws Exception {
        Criteria.Builder<Input, Output> criteria =
                Criteria.builder()
                        .setTypes(Input.class, Output.class)
                        .optModelPath(model)
                        .optEngine(TinyDetectors.ENGINE);
        arguments.forEach(criteria::optArgument);
        return criteria.build().loadModel();
    }

    @Test
    void servingAnswersWithJson() throws Exception {
        Path file = TestImages.write(folder.resolve("wide.png"), 90, 50, 1);
        try (ZooModel<Input, Output> loaded = serving(model, Map.of());
                Predictor<Input, Output> predictor = loaded.newPredictor();
                Detector detector = Detector.load(model, TinyDetectors.ENGINE)) {
            Input request = new Input();
            request.add("data", Files.readAllBytes(file));
            Output answer = predictor.predict(request);
            assertThat(answer.getProperty("Content-Type", "")).isEqualTo("application/json");
            JsonArray objects =
                    JsonParser.parseString(answer.getData().getAsString()).getAsJsonArray();
            List<Detection> detected = detector.detect(file);
            assertThat(objects).hasSameSizeAs(detected);
            for (int i = 0; i < detected.size(); i++) {
                JsonObject object = objects.get(i).getAsJsonObject();
                assertThat(object.get("className").getAsString())
                        .isEqualTo(detected.get(i).categoryName());
                assertThat(object.get("probability").getAsDouble())
                        .isCloseTo(detected.get(i).score(), within(1e-5));
            }
        }
    }

    @Test
    void servingRefusesWhatIsNoImageAndFilesOfTheServer() throws Exception {
        try (ZooModel<Input, Output> loaded = serving(model, Map.of());
                Predictor<Input, Output> predictor = loaded.newPredictor()) {
            Input text = new Input();
            text.add("data", "no image".getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> predictor.predict(text))
                    .isInstanceOf(TranslateException.class)
                    .hasMessageContaining("image");
            assertThatThrownBy(() -> predictor.predict(new Input()))
                    .isInstanceOf(TranslateException.class)
                    .hasMessageContaining("no data");
            for (String json :
                    List.of(
                            "{\"image_url\": \"file:///etc/passwd\"}",
                            "{}",
                            "[1",
                            "{\"image_url\": 5}")) {
                Input request = new Input();
                request.addProperty("Content-Type", "application/json; charset=utf-8");
                request.add("data", json.getBytes(StandardCharsets.UTF_8));
                assertThatThrownBy(() -> predictor.predict(request))
                        .isInstanceOf(TranslateException.class)
                        .hasMessageNotContaining("root:");
            }
        }
    }

    @Test
    void servingsArgumentsReplaceTheModels() throws Exception {
        Path file = TestImages.write(folder.resolve("wide.png"), 90, 50, 1);
        Input request = new Input();
        request.add("data", Files.readAllBytes(file));
        try (ZooModel<Input, Output> loaded = serving(model, Map.of("maxDetections", "2"));
                Predictor<Input, Output> predictor = loaded.newPredictor()) {
            String answer = predictor.predict(request).getData().getAsString();
            assertThat(JsonParser.parseString(answer).getAsJsonArray()).hasSize(2);
        }
        assertThatThrownBy(() -> serving(model, Map.of("threshold", "2")))
                .rootCause()
                .hasMessageContaining("score threshold must be in [0, 1]");
    }

    private static Criteria<Image, DetectedObjects> criteria(Path model) {
        return Criteria.builder()
                .setTypes(Image.class, DetectedObjects.class)
                .optModelPath(model)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
    }
}
