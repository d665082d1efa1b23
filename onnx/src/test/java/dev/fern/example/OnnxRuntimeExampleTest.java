package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.onnx.OnnxExport;
import dev.fern.onnx.OnnxOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/export.md. */
class OnnxRuntimeExampleTest {

    @TempDir Path folder;

    private final PrintStream out = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void prepare() {
        System.setProperty("ai.djl.onnx.disable_alternative", "true");
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(out);
    }

    @Test
    void plainDjlRunsAnExportedModel() throws Exception {
        Path onnxFile = folder.resolve("detector.onnx");
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(1, "cell", "")))) {
            OnnxExport.write(
                    detector.configuration(),
                    detector.copyParameters(),
                    new OnnxOptions(OnnxOptions.Outputs.DETECTIONS, Optional.empty()),
                    onnxFile);
        }
        float[] pixels = new float[3 * 480 * 640];
        // example begins
        Criteria<NDList, NDList> criteria =
                Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelPath(onnxFile)
                        .optEngine("OnnxRuntime")
                        .optTranslator(new NoopTranslator())
                        .build();
        try (ZooModel<NDList, NDList> model = criteria.loadModel();
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDList inputs = new NDList(manager.create(pixels, new Shape(1, 3, 480, 640)));
            inputs.add(manager.create(new float[] {640, 480}, new Shape(1, 2)));
            NDList found = predictor.predict(inputs); // boxes, scores, labels
            System.out.println("best score: " + found.get(1).toFloatArray()[0]);
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8)).startsWith("best score: ");
    }
}
