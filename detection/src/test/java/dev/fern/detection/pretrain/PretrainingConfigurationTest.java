package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PretrainingConfigurationTest {

    private static PretrainingConfiguration of(String settings) {
        return PretrainingConfiguration.of(
                List.of(JsonParser.parseString(settings).getAsJsonObject()));
    }

    @Test
    void theDefaultsOfBothTrainingsMakeTheSameBackbone() {
        Architecture detector =
                TrainingConfiguration.of(List.of())
                        .detector(List.of(new CocoCategory(1, "", "")))
                        .architecture();
        assertThat(detector.backbone().mismatch(of("{}").classifier(List.of("a", "b")).backbone()))
                .isEmpty();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        PretrainingConfiguration configuration = of("{\"stem\": \"cifar\", \"epochs\": 3}");
        assertThat(of(configuration.toJson())).isEqualTo(configuration);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"labelSmoothng\": 0} | did you mean 'labelSmoothing'?",
                "{\"minPositives\": 3} | unknown setting 'minPositives'",
                "{\"labelSmoothing\": 1} | label smoothing",
                "{\"cropArea\": [0.1]} | cropArea takes two parts",
                "{\"cropArea\": [0.1, 2]} | crop area",
                "{\"cropAspect\": [2, 1]} | crop aspect",
                "{\"valFraction\": 0} | valFraction must be above 0",
                "{\"valFraction\": 1} | valFraction must be above 0",
                "{\"inputSize\": 0} | input size must be 1 to 4096",
                "{\"evaluationCrop\": 1.5} | evaluation crop",
                "{\"stem\": \"mnist\"} | unknown stem 'mnist'",
                "{\"norm\": \"none\"} | unknown normaliser",
                "{\"batchSize\": 0} | batchSize",
                "{\"learningRate\": 0} | learningRate",
                "{\"epochs\": 0} | epochs or steps",
                "{\"schedule\": \"line\"} | unknown schedule",
                "{\"inputSize\": 4096, \"batchSize\": 64} | too much for one batch",
                "{\"stem\": \"cifar\", \"inputSize\": 1024, \"batchSize\": 20} | too much for one batch"
            })
    void settingsThatCannotBeAreRefusedSayingWhy(String settings, String message) {
        assertThatThrownBy(() -> of(settings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theInputOfABatchMayFillWhatABufferHolds() {
        // 32 channels after the cifar stem: 15 * 1024 * 1024 * 32 floats are just below 2^31 bytes.
        assertThat(
                        of("{\"stem\": \"cifar\", \"inputSize\": 1024, \"batchSize\": 15}")
                                .loop()
                                .batchSize())
                .isEqualTo(15);
    }
}
