package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    private static void assertEqual(
            DetectedObjects predicted, List<Detection> detected, BgrImage image) {
        assertThat(detected).isNotEmpty();
        assertThat(predicted.getNumberOfObjects()).isEqualTo(detected.size());
        for (int i = 0; i < detected.size(); i++) {
            DetectedObjects.DetectedObject object = predicted.item(i);
            Detection detection = detected.get(i);
            Rectangle box = object.getBoundingBox().getBounds();
            assertThat(object.getClassName())
                    .isEqualTo(detection.category() == 0 ? "cell" : "clot");
            assertThat(object.getProbability()).isCloseTo(detection.score(), within(1e-5));
            assertThat(box.getX() * image.width()).isCloseTo(detection.x1(), within(1e-3));
            assertThat(box.getY() * image.height()).isCloseTo(detection.y1(), within(1e-3));
            assertThat((box.getX() + box.getWidth()) * image.width())
                    .isCloseTo(detection.x2(), within(1e-3));
            assertThat((box.getY() + box.getHeight()) * image.height())
                    .isCloseTo(detection.y2(), within(1e-3));
        }
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
        try (ZooModel<Image, DetectedObjects> loaded = criteria(model).loadModel()) {
            assertThatThrownBy(
                            () ->
                                    factory.newInstance(
                                            Input.class,
                                            Output.class,
                                            loaded.getWrappedModel(),
                                            null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Image");
        }
    }

    private static Criteria<Image, DetectedObjects> criteria(Path model) {
        return Criteria.builder()
                .setTypes(Image.class, DetectedObjects.class)
                .optModelPath(model)
                .optTranslatorFactory(new DeferredTranslatorFactory())
                .build();
    }
}
