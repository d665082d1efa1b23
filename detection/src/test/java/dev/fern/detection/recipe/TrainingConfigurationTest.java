package dev.fern.detection.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.norm.GroupNormalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.settings.Unwrapped;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingConfigurationTest {

    private static TrainingConfiguration of(String... layers) {
        return TrainingConfiguration.of(
                Stream.of(layers)
                        .map(layer -> JsonParser.parseString(layer).getAsJsonObject())
                        .toList());
    }

    private static JsonObject defaults() throws IOException {
        try (InputStream in = TrainingConfiguration.class.getResourceAsStream("defaults.json")) {
            return JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonObject();
        }
    }

    private static Stream<RecordComponent> settings() {
        return settings(TrainingConfiguration.class);
    }

    private static Stream<RecordComponent> settings(Class<?> branch) {
        return Stream.of(branch.getRecordComponents())
                .flatMap(
                        component ->
                                component.isAnnotationPresent(Unwrapped.class)
                                        ? settings(component.getType())
                                        : Stream.of(component));
    }

    @Test
    void everySettingHasItsDefaultAndEveryDefaultItsSetting() throws IOException {
        assertThat(defaults().keySet())
                .containsExactlyElementsOf(settings().map(RecordComponent::getName).toList());
    }

    @Test
    void withoutLayersTheDefaultsHold() throws IOException {
        assertThat(JsonParser.parseString(of().toJson())).isEqualTo(normalised(defaults()));
        assertThat(of()).isEqualTo(of("{}", "{}"));
    }

    /** Writes numbers as Gson writes doubles: 10.0 where the file may have 10. */
    private static JsonElement normalised(JsonObject settings) {
        return JsonParser.parseString(of(settings.toString()).toJson());
    }

    @Test
    void laterLayersLieOverEarlierOnes() {
        TrainingConfiguration configuration =
                of("{\"epochs\": 5, \"seed\": 9}", "{\"epochs\": 7}", "{\"batchSize\": 3}");
        assertThat(configuration.loop().epochs()).isEqualTo(7);
        assertThat(configuration.seed()).isEqualTo(9);
        assertThat(configuration.loop().batchSize()).isEqualTo(3);
        assertThat(configuration.optimization().momentum()).isEqualTo(0.9);
    }

    @Test
    void configurationThatIsWrittenAndReadIsTheSame() {
        TrainingConfiguration configuration =
                of(
                        """
                        {"seed": -9007199254740993, "norm": "gn4", "p6": "C5", "multiScale": [96, 128],
                         "scaleJitter": [0.1, 2], "learningRate": 1e-7, "steps": 5000000000,
                         "schedule": "step", "milestones": [0.5, 0.75], "lowQualityMatches": false}
                        """);
        assertThat(configuration.seed()).isEqualTo(-9007199254740993L);
        assertThat(configuration.loop().steps()).isEqualTo(5_000_000_000L);
        assertThat(of(configuration.toJson())).isEqualTo(configuration);
    }

    /** Runs of an older Fern hold the name that was typed. */
    @ParameterizedTest
    @CsvSource({"gn32, gn", "gn1, ln", "bn-relu, bn", "frn-tlu, frn", "brn40000, brn"})
    void twoNamesOfANormAreTheSameSetting(String typed, String shortest) {
        TrainingConfiguration now =
                of("{\"norm\": \"" + shortest + "\", \"headNorm\": \"" + shortest + "\"}");
        TrainingConfiguration before =
                of("{\"norm\": \"" + typed + "\", \"headNorm\": \"" + typed + "\"}");
        assertThat(now.changesFrom(before)).isEmpty();
        assertThat(before).isEqualTo(now);
        assertThat(before.toJson()).contains("\"norm\": \"" + shortest + "\"");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "learningrate, learningRate",
        "lr_rate, learningRate",
        "batchsize, batchSize",
        "batch_size, batchSize",
        "epoch, epochs",
        "normm, norm",
        "min_size, minSize",
        "focal_gamma, focalGamma",
        "clip, clipNorm",
    })
    void unknownSettingNamesTheNearest(String name, String nearest) {
        assertThatThrownBy(() -> of("{\"" + name + "\": 1}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + name + "'")
                .hasMessageContaining("'" + nearest + "'")
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown", "x", "", "optimizer", "lr"})
    void unknownSettingThatIsNearNoneListsThem(String name) {
        assertThatThrownBy(() -> of("{\"" + name + "\": 1}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + name + "'")
                .hasMessageContaining("learningRate, momentum")
                .hasMessageNotContaining("did you mean");
    }

    @ParameterizedTest
    @MethodSource("settings")
    void valueOfAnotherKindIsRefusedByTheSettingsName(RecordComponent setting) throws IOException {
        JsonElement present = defaults().get(setting.getName());
        JsonArray ofNull = new JsonArray();
        ofNull.add(JsonNull.INSTANCE);
        JsonArray ofText = new JsonArray();
        ofText.add("wide");
        for (JsonElement other :
                List.of(
                        JsonNull.INSTANCE,
                        new JsonObject(),
                        ofNull,
                        ofText,
                        new JsonPrimitive(true),
                        new JsonPrimitive(Double.NaN),
                        new JsonPrimitive(1e300),
                        new JsonPrimitive("true"),
                        new JsonPrimitive("1"))) {
            if (fits(present, other)) {
                continue;
            }
            JsonObject layer = new JsonObject();
            layer.add(setting.getName(), other);
            assertThatThrownBy(() -> TrainingConfiguration.of(List.of(layer)))
                    .as(setting.getName() + " = " + other)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(setting.getName())
                    .hasMessageNotContaining("\n");
        }
    }

    /** Returns whether a value is of a setting's kind, be it in range or not. */
    private static boolean fits(JsonElement present, JsonElement other) {
        if (!(present instanceof JsonPrimitive one) || !(other instanceof JsonPrimitive two)) {
            return false;
        }
        if (one.isNumber()) {
            // 1e300 is a double but not an int.
            return two.isNumber() && one.getAsString().contains(".") && two.getAsDouble() > 1;
        }
        return one.isBoolean() == two.isBoolean() && one.isString() == two.isString();
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "backbone | \"resnet19\"",
                "width | 0",
                "width | -1",
                "width | 1e9",
                "norm | \"layer\"",
                "pyramidChannels | 0",
                "pyramidChannels | 1000000000",
                "headConvolutions | -1",
                "headNorm | \"no\"",
                "pyramidNorm | \"\"",
                "headDeviation | -0.1",
                "headDeviation | 1.1",
                "p6 | \"P6\"",
                "anchorSizes | [32]",
                "anchorSizes | [32, 64, 128, 256, -512]",
                "anchorScales | []",
                "anchorRatios | [0]",
                "minSize | 0",
                "minSize | 641",
                "maxSize | 1000000",
                "pixelMean | [0.5]",
                "pixelStd | [0.5, 0, 0.5]",
                "horizontalFlip | 1.5",
                "verticalFlip | -0.1",
                "multiScale | [0]",
                "multiScale | [320.5]",
                "scaleJitter | [1]",
                "scaleJitter | [2, 1]",
                "scaleJitter | [0, 1]",
                "minCrop | 0",
                "minCrop | 1.1",
                "brightness | -1",
                "contrast | -1",
                "saturation | -1",
                "hue | -1",
                "positiveIou | 1.5",
                "negativeIou | 0.6",
                "focalAlpha | 2",
                "focalGamma | -1",
                "boxLoss | \"l3\"",
                "boxLossWeight | -1",
                "minPositives | 0",
                "batchSize | 0",
                "accumulate | 0",
                "epochs | 0",
                "steps | -1",
                "learningRate | 0",
                "learningRate | -0.1",
                "momentum | 1",
                "momentum | -0.1",
                "weightDecay | -1",
                "normWeightDecay | -1",
                "warmupSteps | -1",
                "warmupImages | -1",
                "schedule | \"linear\"",
                "milestones | [0]",
                "milestones | [1]",
                "clipNorm | -1",
                "evaluateEvery | 0",
                "patience | -1",
                "emaDecay | 1",
                "keepCheckpoints | 0",
                "checkpointMinutes | -1",
                "checkpointSteps | -1",
                "freezeStages | 6",
                "scoreThreshold | 2",
                "nmsIou | -1",
                "candidatesPerLevel | 0",
                "maxDetections | 0",
            })
    void valueOutOfRangeIsRefusedInOneLine(String name, String value) {
        assertThatThrownBy(() -> of("{\"" + name + "\": " + value + "}"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .isNotBlank()
                .doesNotContain("\n")
                .doesNotContain("null")
                .doesNotContain("Exception")
                .satisfies(message -> assertThat(words(message)).containsAll(words(value)));
    }

    /** Returns the words and numbers of a text; 1e9 and 1.0E9 are the same number. */
    private static Set<String> words(String text) {
        return Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][0-9]+)?|[A-Za-z][A-Za-z0-9]*")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .map(
                        word ->
                                Character.isLetter(word.charAt(0))
                                        ? word
                                        : String.valueOf(Double.parseDouble(word)))
                .collect(Collectors.toSet());
    }

    @Test
    void settingsBecomeTheParts() {
        TrainingConfiguration configuration =
                of(
                        """
                        {"backbone": "resnet50v2", "width": 0.25, "norm": "frn-eps", "headNorm": "gn8",
                         "pyramidNorm": "bn",
                         "pyramidChannels": 24, "headConvolutions": 2, "p6": "C5",
                         "anchorSizes": [10, 20, 40, 80, 160], "minSize": 96, "maxSize": 200,
                         "positiveIou": 0.6, "negativeIou": 0.3, "lowQualityMatches": false,
                         "focalAlpha": 0.5, "focalGamma": 1, "boxLoss": "giou", "boxLossWeight": 2, "minPositives": 3,
                         "scoreThreshold": 0.1, "nmsIou": 0.6, "candidatesPerLevel": 7,
                         "maxDetections": 9, "multiScale": [64, 96], "scaleJitter": [0.5, 1.5],
                         "verticalFlip": 0.25, "hue": 10}
                        """);
        var detector = configuration.detector(List.of(new CocoCategory(5, "five", "")));
        Architecture architecture = detector.architecture();
        ResNetConfiguration backbone = (ResNetConfiguration) architecture.backbone();
        assertThat(backbone.version()).isEqualTo(ResNetVersion.V2);
        assertThat(architecture.pyramid().pyramidNorm()).contains(new BatchNormalization());
        assertThat(architecture.isBatchIndependent()).isFalse();
        assertThat(backbone.bottleneck()).isTrue();
        assertThat(backbone.blocks()).containsExactly(3, 4, 6, 3);
        assertThat(backbone.widths()).containsExactly(16, 32, 64, 128);
        assertThat(backbone.norm().id()).isEqualTo("frn-eps");
        assertThat(architecture.head().headNorm()).contains(new GroupNormalization(8));
        assertThat(architecture.pyramid().pyramidChannels()).isEqualTo(24);
        assertThat(architecture.head().headConvolutions()).isEqualTo(2);
        assertThat(architecture.pyramid().p6()).hasToString("C5");
        assertThat(architecture.anchors().sizes()).containsExactly(10.0, 20.0, 40.0, 80.0, 160.0);
        assertThat(detector.categories()).extracting(CocoCategory::id).containsExactly(5L);
        assertThat(detector.canvas().minSize()).isEqualTo(96);
        assertThat(detector.canvas().maxSize()).isEqualTo(200);
        assertThat(detector.postProcessing().scoreThreshold()).isEqualTo(0.1);
        assertThat(detector.postProcessing().nmsIou()).isEqualTo(0.6);
        assertThat(detector.postProcessing().candidatesPerLevel()).isEqualTo(7);
        assertThat(detector.postProcessing().maxDetections()).isEqualTo(9);
        assertThat(configuration.matcher().positiveIou()).isEqualTo(0.6f);
        assertThat(configuration.matcher().negativeIou()).isEqualTo(0.3f);
        assertThat(configuration.matcher().lowQualityMatches()).isFalse();
        assertThat(configuration.loss().retinaNetLoss().focal().alpha()).isEqualTo(0.5);
        assertThat(configuration.loss().retinaNetLoss().focal().gamma()).isEqualTo(1);
        assertThat(configuration.loss().retinaNetLoss().box().id()).isEqualTo("giou");
        assertThat(configuration.loss().retinaNetLoss().regressionWeight()).isEqualTo(2);
        assertThat(configuration.loss().retinaNetLoss().minPositives()).isEqualTo(3);
        assertThat(configuration.augmentation().multiScale()).containsExactly(64, 96);
        assertThat(configuration.augmentation().minScale()).isEqualTo(0.5);
        assertThat(configuration.augmentation().maxScale()).isEqualTo(1.5);
        assertThat(configuration.augmentation().verticalFlip()).isEqualTo(0.25);
    }

    @Test
    void milestonesArePartsOfTheTraining() {
        LearningRateSchedule schedule =
                rates(
                        """
                        {"schedule": "step", "milestones": [0.6, 0.8], "learningRate": 1,
                         "warmupSteps": 0}
                        """);
        assertThat(schedule.at(599, 1000)).isEqualTo(1);
        assertThat(schedule.at(600, 1000)).isBetween(0.0999, 0.1001);
        assertThat(schedule.at(800, 1000)).isBetween(0.00999, 0.01001);
    }

    @Test
    void scheduleIsACosineUnlessSaidOtherwise() {
        assertThat(rates("{\"learningRate\": 0.4, \"warmupSteps\": 10}"))
                .isEqualTo(new LearningRateSchedule.Cosine(0.4, 10));
    }

    private static LearningRateSchedule rates(String settings) {
        TrainingConfiguration configuration = of(settings);
        return configuration.optimization().rates(configuration.loop());
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 400", "8, 1, 50", "3, 1, 134", "4, 2, 50", "1000, 1, 1"})
    void aWarmUpInImagesIsAsLongAtEveryBatchSize(int batchSize, int accumulate, long steps) {
        String settings =
                String.format(
                        "{\"warmupImages\": 400, \"batchSize\": %d, \"accumulate\": %d}",
                        batchSize, accumulate);
        assertThat(rates(settings)).isEqualTo(new LearningRateSchedule.Cosine(0.05, steps));
    }
}
