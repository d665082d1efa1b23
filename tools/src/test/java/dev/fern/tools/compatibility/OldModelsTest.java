package dev.fern.tools.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Rectangle;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.DeferredTranslatorFactory;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Model directories that Fern wrote before find what they found. */
@Tag("engine")
class OldModelsTest {

    private static final String ENGINE = System.getProperty("ai.djl.default_engine", "MXNet");

    /** Ten times what one model finds apart with SSE 4.1, AVX2, AVX-512 and on the other engine. */
    private static final double SCORES = 5e-6;

    /** The same for boxes. */
    private static final double PIXELS = 2e-4;

    @TempDir static Path folder;

    private static OldFiles old;

    @BeforeAll
    static void unpack() throws IOException {
        old = OldFiles.unpack(folder);
    }

    @ParameterizedTest
    @CsvSource({
        "frn, run/best, 0.22",
        "bn-gn, models/bn-gn/model, 0.12",
        "preactivation, models/preactivation/model, 0.1",
        "frozen-bn, models/frozen-bn/model, 0.2"
    })
    void whatADetectorFoundItFinds(String name, String model, double threshold) throws IOException {
        Path found = old.path("found-" + name + ".json");
        CommandRun detect =
                CommandRun.of(
                        "detect",
                        "--model=" + old.path(model),
                        "--score-threshold=" + threshold,
                        "--engine=" + ENGINE,
                        "--json=" + found,
                        old.images().toString());
        assertThat(detect.status()).as(detect.errors().toString()).isZero();
        FoundObjects.assertSame(
                old.array("found-" + name + ".json"),
                old.array("models/" + name + "/found.json"),
                SCORES,
                PIXELS);
    }

    /** The directory names the classes that DJL is to call; they must still be there. */
    @Test
    void plainDjlLoadsADetectorByTheClassesItNames() throws Exception {
        Criteria<Image, DetectedObjects> criteria =
                Criteria.builder()
                        .setTypes(Image.class, DetectedObjects.class)
                        .optModelPath(old.path("run/best"))
                        .optTranslatorFactory(new DeferredTranslatorFactory())
                        .build();
        Map<JsonElement, String> names = new HashMap<>();
        for (JsonObject category :
                OldFiles.objects(
                        old.object("data/annotations.json").getAsJsonArray("categories"))) {
            names.put(category.get("id"), category.get("name").getAsString());
        }
        try (ZooModel<Image, DetectedObjects> model = criteria.loadModel();
                Predictor<Image, DetectedObjects> predictor = model.newPredictor()) {
            for (int i = 1; i <= 6; i++) {
                Image image =
                        ImageFactory.getInstance()
                                .fromFile(old.images().resolve("00000" + i + ".jpg"));
                DetectedObjects found = predictor.predict(image);
                int id = i;
                List<JsonObject> before =
                        OldFiles.objects(old.array("models/frn/found.json")).stream()
                                .filter(object -> object.get("image_id").getAsInt() == id)
                                .toList();
                for (int k = 0; k < before.size(); k++) {
                    JsonObject object = before.get(k);
                    DetectedObjects.DetectedObject now = found.item(k);
                    JsonArray box = object.getAsJsonArray("bbox");
                    assertThat(now.getProbability())
                            .isCloseTo(object.get("score").getAsDouble(), within(SCORES));
                    assertThat(now.getClassName()).isEqualTo(names.get(object.get("category_id")));
                    Rectangle bounds = now.getBoundingBox().getBounds();
                    double[] pixels = {
                        bounds.getX() * image.getWidth(),
                        bounds.getY() * image.getHeight(),
                        bounds.getWidth() * image.getWidth(),
                        bounds.getHeight() * image.getHeight()
                    };
                    for (int c = 0; c < pixels.length; c++) {
                        assertThat(pixels[c]).isCloseTo(box.get(c).getAsDouble(), within(PIXELS));
                    }
                }
            }
        }
    }
}
