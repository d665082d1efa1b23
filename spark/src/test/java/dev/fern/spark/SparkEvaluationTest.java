package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The evaluation of photographs on Spark against that of one machine. */
class SparkEvaluationTest {

    @TempDir static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = SparkFixture.local();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @ParameterizedTest
    @CsvSource({"coco-mini, val, 0, 1", "bccd, val, 1, 1"})
    void numbersAreThoseOfOneMachine(String data, String split, int partitions, int batchSize)
            throws IOException, InterruptedException {
        Photographs photographs = Photographs.of(data, split, folder);
        photographs.requireSameNumbers(spark, partitions, batchSize);
    }

    @Test
    void anImageThatIsDamagedIsRefusedOrLeftOut() throws IOException, InterruptedException {
        Photographs photographs = Photographs.of("bccd", "val", folder);
        Path images = folder.resolve("damaged");
        Files.createDirectory(images);
        for (Path image : photographs.files()) {
            Files.copy(image, images.resolve(image.getFileName()));
        }
        Path first = images.resolve(photographs.files().get(5).getFileName());
        Files.write(first, Arrays.copyOf(Files.readAllBytes(first), 5000));
        Files.delete(images.resolve(photographs.files().get(7).getFileName()));
        Photographs damaged = photographs.in(images);

        assertThatThrownBy(() -> damaged.onSpark(spark, 4, 1, false, lines -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(first + ": the image is truncated")
                .hasMessageContaining("(image id ")
                .hasMessageEndingWith("(and 1 more images can't be read)");
        damaged.requireSameNumbers(spark, 4, 1);
    }

    @Test
    void aFileThatLeadsOutOfTheFolderIsRefused() throws IOException {
        Path annotations = folder.resolve("out.json");
        Files.writeString(
                annotations,
                """
                {"images": [{"id": "a", "file_name": "../secret.png", "width": 1, "height": 1}],
                 "annotations": [], "categories": [{"id": 7, "name": "cell"}]}
                """);
        Path model = SparkFixture.writeModel(folder.resolve("m"), SparkFixture.CATEGORIES, 1);
        Photographs photographs = new Photographs(annotations, folder, model);
        assertThatThrownBy(() -> photographs.onSpark(spark, 1, 1, true, lines -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("../secret.png")
                .hasMessageContaining("leads out of the image folder");
    }
}
