package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DivergenceTest {

    @TempDir Path folder;

    private Optional<String> look(double factor, int images, int steps, IntToDoubleFunction loss)
            throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int step = 1; step <= steps; step++) {
            lines.append(
                    String.format(
                            Locale.ROOT,
                            "{\"step\":%d,\"epoch\":1,\"classification\":%s,\"regression\":0.5,"
                                    + "\"images\":%d}%n",
                            step,
                            loss.applyAsDouble(step) - 0.5,
                            images));
        }
        lines.append("{\"step\":1,\"epoch\":1,\"evaluation\":{\"AP\":0.5}}\n");
        Files.writeString(folder.resolve("metrics.jsonl"), lines);
        return new Divergence(factor).of(new RunDirectory(folder));
    }

    @Test
    void aLossThatFallsIsNoDivergence() throws IOException {
        assertThat(look(4, 1, 400, step -> 10.0 / step)).isEmpty();
        assertThat(new Divergence(4).of(new RunDirectory(folder.resolve("none")))).isEmpty();
    }

    @Test
    void oneHighLossIsNoDivergence() throws IOException {
        assertThat(look(4, 1, 400, step -> step == 250 ? 300 : 1)).isEmpty();
    }

    /** The mean over 25 steps of 4 images is above 4 from the first one on that has 9 of 10. */
    @Test
    void theFirstStepAtWhichTheMeanIsTooHighIsTold() throws IOException {
        assertThat(look(4, 4, 400, step -> step > 200 ? 10 : 1))
                .hasValueSatisfying(
                        reason ->
                                assertThat(reason)
                                        .contains("at step 209", "over 100 images", "4 times"));
        assertThat(look(0, 4, 400, step -> step > 200 ? 10 : 1)).isEmpty();
        assertThat(look(11, 4, 400, step -> step > 200 ? 10 : 1)).isEmpty();
    }

    @Test
    void aTrainingOfFewImagesIsNotJudged() throws IOException {
        assertThat(look(4, 1, 99, step -> step)).isEmpty();
    }
}
