package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.tools.annotation.AnnotationFormatException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataFileTest {

    private static final CocoDataset DATASET =
            CocoDataset.of(
                    List.of(new CocoImage(4, "a.png", 10, 20)),
                    List.of(new CocoCategory(3, "cat", "")),
                    List.of(new CocoAnnotation(1, 4, 3, new Box(1, 2, 3, 4), 12, false)));

    @TempDir Path folder;

    @Test
    void aJsonFileNamesFilesBesideIt() throws IOException {
        Files.createDirectories(folder.resolve("annotations"));
        DATASET.write(folder.resolve("annotations/t.json"));
        Path file =
                Files.writeString(
                        folder.resolve("data.json"),
                        """
                        \uFEFF{"train": {"annotations": "annotations/t.json", "images": "img"},
                         "val": {"annotations": "v.json", "images": "/data/val"}}
                        """);

        DataFile data = DataFile.read(file);

        assertThat(data.train().images()).isEqualTo(folder.resolve("img"));
        assertThat(data.train().read().annotations()).isEqualTo(DATASET.annotations());
        assertThat(data.val().orElseThrow().annotations()).isEqualTo(folder.resolve("v.json"));
        assertThat(data.val().orElseThrow().images()).isEqualTo(Path.of("/data/val"));
    }

    @Test
    void aDataYamlGivesWhatItsConversionGives() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("data.yaml"),
                        "train: images/train\nval: images/val\nnames: [dog, cat]\n");
        for (String split : List.of("train", "val")) {
            Path image = folder.resolve("images").resolve(split).resolve("a.png");
            Files.createDirectories(image.getParent());
            ImageIO.write(
                    new BufferedImage(10, 20, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
            Path labels = folder.resolve("labels").resolve(split).resolve("a.txt");
            Files.createDirectories(labels.getParent());
            Files.writeString(labels, "1 0.25 0.2 0.3 0.2\n");
        }

        DataFile data = DataFile.read(file);

        for (DataFile.Part part : List.of(data.train(), data.val().orElseThrow())) {
            CocoDataset dataset = part.read();
            assertThat(dataset.images()).containsExactly(new CocoImage(1, "a.png", 10, 20));
            assertThat(dataset.categories())
                    .extracting(CocoCategory::name)
                    .containsExactly("dog", "cat");
            assertThat(dataset.annotations())
                    .containsExactly(new CocoAnnotation(1, 1, 2, new Box(1, 2, 3, 4), 12, false));
            assertThat(part.images().resolve("a.png")).isRegularFile();
        }
        assertThat(data.train().images()).isEqualTo(folder.resolve("images/train"));
        Files.writeString(file, "train: images/train\nnames: [dog, cat]\n");
        assertThat(DataFile.read(file).val()).isEmpty();
        Files.writeString(file, "val: images/train\nnames: [dog, cat]\n");
        assertThatThrownBy(() -> DataFile.read(file)).hasMessageContaining("has no train");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|has no train",
                "[]|is not a JSON object",
                "{\"train\": 1}|is not a JSON object",
                "{\"train\": {\"annotations\": \"a\"}}|train has no path as images",
                "{\"train\": {\"annotations\": 3, \"images\": \"b\"}}|train has no path as annotations",
                "{\"train\": {\"annotations\": \"a\", \"image\": \"b\"}}|train has \"image\"",
                "{\"trian\": {}}|has \"trian\"; it takes train and val",
                "{\"train\": {}, \"train\": {}}|twice",
                "{\"train\":|is not a JSON object"
            })
    void damagedFilesAreRefused(String text, String fault) throws IOException {
        Path file = Files.writeString(folder.resolve("data.json"), text);

        assertThatThrownBy(() -> DataFile.read(file))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(fault);
    }
}
