package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleAdviceTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"warmupSteps": 200} | 1000 | ``
                    {"warmupSteps": 200} | 999 | takes 200 of the 999 steps, more than a fifth
                    {"warmupSteps": 200} | 200 | never reaches 0.05
                    {"warmupSteps": 0} | 1 | ``
                    {"warmupImages": 400} | 999 | takes 200 of the 999 steps, more than a fifth
                    {"warmupSteps": 0, "schedule": "step"} | 100 | does not fall
                    {"warmupSteps": 0, "schedule": "step", "milestones": [0.6]} | 100 | ``
                    """)
    void settingsThatDoNotFitTheLengthAreToldOf(String settings, long steps, String said) {
        TrainingConfiguration configuration =
                TrainingConfiguration.of(
                        List.of(JsonParser.parseString(settings).getAsJsonObject()));
        List<String> lines =
                ScheduleAdvice.of(configuration.optimization(), configuration.loop(), steps);
        if (said.isEmpty()) {
            assertThat(lines).isEmpty();
        } else {
            assertThat(lines).singleElement().asString().contains(said);
        }
    }
}
