package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import dev.fern.tools.sweep.Scaling.Length;
import dev.fern.tools.sweep.Scaling.RateRule;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScalingTest {

    private static final TrainingConfiguration BASE =
            TrainingConfiguration.of(
                    List.of(
                            JsonParser.parseString(
                                            """
                                            {"batchSize": 4, "learningRate": 0.08,
                                             "warmupSteps": 100, "width": 0.125, "emaDecay": 0.9,
                                             "pyramidChannels": 8, "headConvolutions": 0,
                                             "minSize": 64, "maxSize": 64,
                                             "verticalFlip": 0.5, "brightness": 0.2}
                                            """)
                                    .getAsJsonObject()));

    private static TrainingConfiguration settings(RateRule rule, int batchSize) {
        return new Scaling(BASE, rule, Length.IMAGES)
                .configuration(new Cell("frn", batchSize, 1, 1));
    }

    @Test
    void theRateGoesWithTheBatchSizeByTheRule() {
        assertThat(settings(RateRule.LINEAR, 1).optimization().learningRate())
                .isCloseTo(0.02, within(1e-15));
        assertThat(settings(RateRule.LINEAR, 16).optimization().learningRate())
                .isCloseTo(0.32, within(1e-15));
        assertThat(settings(RateRule.SQRT, 1).optimization().learningRate())
                .isCloseTo(0.04, within(1e-15));
        assertThat(settings(RateRule.SQRT, 16).optimization().learningRate())
                .isCloseTo(0.16, within(1e-15));
        assertThat(settings(RateRule.NONE, 16).optimization().learningRate()).isEqualTo(0.08);
        for (RateRule rule : RateRule.values()) {
            assertThat(settings(rule, 4).optimization().learningRate()).isEqualTo(0.08);
        }
    }

    @Test
    void warmUpAndStepsStayTheSameInImages() {
        JsonObject settings = JsonParser.parseString(BASE.toJson()).getAsJsonObject();
        settings.addProperty("steps", 50);
        Scaling scaling =
                new Scaling(
                        TrainingConfiguration.of(List.of(settings)),
                        RateRule.LINEAR,
                        Length.IMAGES);
        TrainingConfiguration one = scaling.configuration(new Cell("bn", 1, 1, 1));
        assertThat(one.optimization().warmupSteps()).isEqualTo(400);
        assertThat(one.loop().steps()).isEqualTo(200);
        TrainingConfiguration sixteen = scaling.configuration(new Cell("bn", 16, 1, 1));
        assertThat(sixteen.optimization().warmupSteps()).isEqualTo(25);
        assertThat(sixteen.loop().steps()).isEqualTo(13); // 12.5
        assertThat(scaling.configuration(new Cell("bn", 4000, 1, 1)).optimization().warmupSteps())
                .isEqualTo(1);
        assertThat(settings(RateRule.LINEAR, 16).loop().steps()).isZero();
        assertThat(settings(RateRule.LINEAR, 16).loop().epochs()).isEqualTo(BASE.loop().epochs());
    }

    @Test
    void movingAveragesReachAsManyImagesBack() {
        assertThat(settings(RateRule.LINEAR, 4).loop().emaDecay()).isEqualTo(0.9);
        assertThat(settings(RateRule.LINEAR, 8).loop().emaDecay()).isCloseTo(0.81, within(1e-15));
        assertThat(settings(RateRule.LINEAR, 16).loop().emaDecay())
                .isCloseTo(0.6561, within(1e-15));
    }

    @Test
    void trainingsOfDifferentLengthAreRefused() {
        JsonObject settings = JsonParser.parseString(BASE.toJson()).getAsJsonObject();
        settings.addProperty("patience", 3);
        TrainingConfiguration impatient = TrainingConfiguration.of(List.of(settings));
        assertThatThrownBy(() -> new Scaling(impatient, RateRule.LINEAR, Length.IMAGES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("patience");
    }

    @Test
    void cellsOfOneSeedAndBatchSizeDifferInTheNormAlone() {
        Scaling scaling = new Scaling(BASE, RateRule.LINEAR, Length.IMAGES);
        TrainingConfiguration frn = scaling.configuration(new Cell("frn", 2, 7, 1));
        TrainingConfiguration gn = scaling.configuration(new Cell("gn2", 2, 7, 1));
        assertThat(frn.seed()).isEqualTo(7);
        assertThat(gn.toJson()).isEqualTo(frn.toJson().replace("\"frn\"", "\"gn2\""));
    }

    @Test
    void convolutionsOfOneSeedStartAlikeUnderEveryNorm() {
        Map<String, Tensor> frn = parameters("frn", 3);
        Map<String, Tensor> otherSeed = parameters("frn", 4);
        int compared = 0;
        for (String norm : List.of("bn", "gn2", "frozen-bn")) {
            Map<String, Tensor> other = parameters(norm, 3);
            for (Map.Entry<String, Tensor> entry : frn.entrySet()) {
                if (entry.getValue().shape().length == 4) {
                    assertThat(other.get(entry.getKey()))
                            .as(norm + " " + entry.getKey())
                            .isEqualTo(entry.getValue())
                            .isNotEqualTo(otherSeed.get(entry.getKey()));
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(3 * 20);
    }

    private static Map<String, Tensor> parameters(String norm, long seed) {
        TrainingConfiguration configuration =
                new Scaling(BASE, RateRule.LINEAR, Length.IMAGES)
                        .configuration(new Cell(norm, 1, seed, 1));
        try (Detector detector =
                configuration.newDetector(List.of(new CocoCategory(1, "thing", "")))) {
            return new TreeMap<>(detector.copyParameters());
        }
    }

    @Test
    void imagesOfOneSeedComeInOneOrderAugmentedAlikeAtEveryBatchSize(@TempDir Path folder)
            throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 12);
        DetectionDataset images =
                LabelledImages.open(
                                folder.resolve("annotations/instances_train.json"),
                                folder.resolve("train"))
                        .images();
        List<PlannedImage> one = images(images, new Cell("frn", 1, 3, 1));
        assertThat(one).hasSize(12);
        assertThat(images(images, new Cell("bn", 1, 3, 1))).isEqualTo(one);
        assertThat(images(images, new Cell("bn", 5, 3, 1))).isEqualTo(one);
        assertThat(images(images, new Cell("bn", 5, 4, 1))).isNotEqualTo(one);
    }

    private static List<PlannedImage> images(DetectionDataset images, Cell cell) {
        TrainingConfiguration settings =
                new Scaling(BASE, RateRule.LINEAR, Length.IMAGES).configuration(cell);
        return new BatchSampler(
                        images,
                        settings.loop().batchSize(),
                        settings.images().canvasRule(),
                        settings.augmentation(),
                        settings.seed())
                .epoch(2).batches().stream().flatMap(batch -> batch.images().stream()).toList();
    }
}
