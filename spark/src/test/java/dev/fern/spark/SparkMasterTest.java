package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.RunStart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user is told where the master that is named is none, or too small. */
class SparkMasterTest {

    @ParameterizedTest
    @CsvSource({
        "spark://127.0.0.1:1, no master of Spark answers",
        "spark://127.0.0.1, wanted spark://HOST:PORT",
        "spark://127.0.0.1:99999, wanted spark://HOST:PORT"
    })
    void aClusterThatIsNotThereIsNamed(String master, String problem) {
        assertThatThrownBy(() -> SparkDriver.start("test", Optional.of(master), Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(master + ": " + problem)
                .hasMessageNotContaining("\n");
    }

    @Test
    void threadsThatAreTooFewAreRefusedAtOnce(@TempDir Path folder) throws IOException {
        List<String> told = new ArrayList<>();
        SmallTraining small = new SmallTraining(folder);
        try (SparkSession spark = SparkFixture.local()) {
            assertThatThrownBy(
                            () ->
                                    small.of("run", 3, "frn", false)
                                            .run(spark, RunStart.FRESH, told::add))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("local[2]")
                    .hasMessageContaining("for 3 workers take local[3]");
        }
        assertThat(told).isEmpty();
        assertThat(folder.resolve("run")).doesNotExist();
    }
}
