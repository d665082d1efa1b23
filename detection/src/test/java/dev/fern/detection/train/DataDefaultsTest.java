package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDefaultsTest {

    /**
     * One square anchor for each place. A box that is an anchor of the finest level is positive
     * there alone: its neighbours overlap it by 8 * 16 of 384 pixels.
     */
    private static final String ONE_ANCHOR =
            """
            {"anchorSizes": [16, 32, 64, 128, 256], "anchorScales": [1], "anchorRatios": [1],
             "minSize": 256, "maxSize": 256, "horizontalFlip": 0, "batchSize": 2, "epochs": 10}
            """;

    @TempDir Path folder;

    private final List<CocoImage> images = new ArrayList<>();
    private final List<CocoAnnotation> annotations = new ArrayList<>();

    /** Adds an image of 256 x 256 pixels with boxes that are anchors, far from each other. */
    private void image(int boxes) throws IOException {
        int id = images.size() + 1;
        TestImages.write(folder.resolve(id + ".png"), 256, 256, id);
        images.add(new CocoImage(id, id + ".png", 256, 256));
        for (int i = 0; i < boxes; i++) {
            // torchvision lays the centre of the anchors at multiples of the stride
            Box anchor = new Box(8 + 32 * (i % 7), 8 + 32 * (i / 7), 16, 16);
            annotations.add(new CocoAnnotation(annotations.size() + 1, id, 1, anchor, 256, false));
        }
    }

    private DetectionDataset dataset() throws IOException {
        return DetectionDataset.of(
                CocoDataset.of(images, List.of(new CocoCategory(1, "one", "")), annotations),
                new ImageFolder(folder),
                ImageReader.forDataSets(),
                false);
    }

    private static TrainingConfiguration settings(String... layers) {
        List<JsonObject> objects = new ArrayList<>();
        objects.add(JsonParser.parseString(ONE_ANCHOR).getAsJsonObject());
        for (String layer : layers) {
            objects.add(JsonParser.parseString(layer).getAsJsonObject());
        }
        return TrainingConfiguration.of(objects);
    }

    private TrainingConfiguration resolved(String... layers) throws IOException {
        return DataDefaults.of(settings(layers), dataset());
    }

    @Test
    void minPositivesIsHalfTheMedianOfTheImagesWithBoxes() throws IOException {
        for (int boxes : new int[] {20, 0, 2, 0, 6, 0, 0}) {
            image(boxes);
        }
        assertThat(resolved("{\"minPositives\": \"auto\"}").loss().minPositives()).hasValue(3);
    }

    @Test
    void minPositivesIsAtLeastOne() throws IOException {
        image(1);
        image(0);
        assertThat(resolved("{\"minPositives\": \"auto\"}").loss().minPositives()).hasValue(1);
    }

    @Test
    void minPositivesIsOneWithoutBoxes() throws IOException {
        image(0);
        assertThat(resolved("{\"minPositives\": \"auto\"}").loss().minPositives()).hasValue(1);
    }

    @Test
    void warmupIsATwentiethOfTheTraining() throws IOException {
        for (int i = 0; i < 8; i++) {
            image(0);
        }
        // 4 batches, 10 epochs: 40 steps
        assertThat(resolved("{\"warmupSteps\": \"auto\"}").optimization().warmupSteps())
                .hasValue(2);
        assertThat(
                        resolved("{\"warmupSteps\": \"auto\", \"accumulate\": 4, \"epochs\": 60}")
                                .optimization()
                                .warmupSteps())
                .hasValue(3);
        assertThat(
                        resolved("{\"warmupSteps\": \"auto\", \"steps\": 900}")
                                .optimization()
                                .warmupSteps())
                .hasValue(45);
    }

    @Test
    void warmupOfALongTrainingIsAThousandSteps() throws IOException {
        image(0);
        image(0);
        assertThat(
                        resolved("{\"warmupSteps\": \"auto\", \"epochs\": 30000}")
                                .optimization()
                                .warmupSteps())
                .hasValue(1000);
        assertThat(
                        resolved("{\"warmupSteps\": \"auto\", \"steps\": 30000}")
                                .optimization()
                                .warmupSteps())
                .hasValue(1000);
    }

    @Test
    void numbersStay() throws IOException {
        image(3);
        TrainingConfiguration given = settings("{\"minPositives\": 7, \"warmupSteps\": 0}");
        assertThat(DataDefaults.of(given, dataset())).isEqualTo(given);
    }

    @Test
    void theFileOfSettingsHoldsTheNumbers() throws IOException {
        image(4);
        TrainingConfiguration known =
                resolved("{\"minPositives\": \"auto\", \"warmupSteps\": \"auto\"}");
        JsonObject json = JsonParser.parseString(known.toJson()).getAsJsonObject();
        assertThat(json.get("minPositives").getAsInt()).isEqualTo(2);
        assertThat(TrainingConfiguration.of(List.of(json))).isEqualTo(known);
    }
}
