package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoDatasetTest {
    private static final String SOUND =
            """
            {"info": {"images": [1, {"annotations": 2}]},
             "annotations": [
              {"id": 7, "image_id": 2, "category_id": 9, "bbox": [1.5, 2, 30, 4e1], "area": 1200,
               "iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]]},
              {"id": 8, "image_id": 2, "category_id": 3, "bbox": [0, 0, 10, 10], "area": 99.5,
               "iscrowd": 1, "segmentation": {"counts": [3, 4], "size": [480, 640]}}],
             "images": [{"id": 2, "file_name": "b.jpg", "width": 640, "height": 480},
                        {"id": 1, "file_name": "a\\u00e9.jpg", "width": 320, "height": 200}],
             "categories": [{"id": 9, "name": "dog", "supercategory": "animal"},
                            {"id": 3, "name": "cat"}]}
            """;

    @TempDir Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("gt.json"), content);
    }

    @Test
    void readsAnInstancesFile() throws IOException {
        CocoDataset dataset = CocoDataset.read(file(SOUND));
        assertThat(dataset.images())
                .containsExactly(
                        new CocoImage(2, "b.jpg", 640, 480), new CocoImage(1, "aé.jpg", 320, 200));
        assertThat(dataset.categories())
                .containsExactly(
                        new CocoCategory(3, "cat", ""), new CocoCategory(9, "dog", "animal"));
        CocoAnnotation first = new CocoAnnotation(7, 2, 9, new Box(1.5, 2, 30, 40), 1200, false);
        CocoAnnotation second = new CocoAnnotation(8, 2, 3, new Box(0, 0, 10, 10), 99.5, true);
        assertThat(dataset.annotations()).containsExactly(first, second);
        assertThat(dataset.annotationsOf(2)).containsExactly(first, second);
        assertThat(dataset.annotationsOf(1)).isEmpty();
        assertThat(dataset.annotationsOf(77)).isEmpty();
        assertThat(dataset.image(1)).contains(new CocoImage(1, "aé.jpg", 320, 200));
        assertThat(dataset.image(77)).isEmpty();
    }

    @Test
    void readsAGzipFileWhateverItsName() throws IOException {
        Path packed = folder.resolve("packed");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(Files.readAllBytes(file(SOUND)));
        }
        assertThat(CocoDataset.read(packed).annotations()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"out.json", "out.json.gz"})
    void whatIsWrittenComesBackTheSame(String name) throws IOException {
        CocoDataset written =
                CocoDataset.of(
                        List.of(new CocoImage(1L << 60, "dir/\"x\"\n.jpg", 3, 4)),
                        List.of(new CocoCategory(-5, "c", "s"), new CocoCategory(2, "d", "s")),
                        List.of(
                                new CocoAnnotation(
                                        1, 1L << 60, 2, new Box(0.1, 1 / 3.0, 2, 3), 1e-300, true),
                                new CocoAnnotation(
                                        2, 1L << 60, -5, new Box(-0.0, 1e22, 2, 3), 6, false)));
        Path file = folder.resolve(name);
        written.write(file);
        CocoDataset read = CocoDataset.readForEvaluation(file);
        assertThat(read.images()).isEqualTo(written.images());
        assertThat(read.categories()).isEqualTo(written.categories());
        assertThat(read.annotations()).isEqualTo(written.annotations());
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
        assertThat(Files.readAllBytes(file)[0]).isEqualTo((byte) (name.endsWith("gz") ? 31 : '{'));
    }

    @Test
    void anOlderFileSurvivesAFailureToWrite() throws IOException {
        Path unwritable = folder.resolve("is-a-folder");
        Files.createDirectories(unwritable.resolve("with-content"));
        assertThatThrownBy(() -> CocoDataset.read(file(SOUND)).write(unwritable))
                .isInstanceOf(IOException.class);
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactlyInAnyOrder(unwritable, folder.resolve("gt.json"));
        }
    }

    @Test
    void namesAFileThatIsNotThere() {
        assertThatThrownBy(() -> CocoDataset.read(folder.resolve("none.json")))
                .isInstanceOf(CocoFormatException.class)
                .hasMessage(folder.resolve("none.json") + ": no such file");
        assertThatThrownBy(() -> CocoDataset.read(folder))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageEndingWith("is a folder, not a file");
    }

    @Test
    void namesTheByteWhereJsonBreaksOff() throws IOException {
        String cut = SOUND.substring(0, SOUND.indexOf("4e1"));
        Path file = file(cut);
        assertThatThrownBy(() -> CocoDataset.read(file))
                .isInstanceOfSatisfying(
                        CocoFormatException.class,
                        e -> {
                            assertThat(e.path()).isEqualTo("annotations[0].bbox[3]");
                            assertThat(e.offset()).isEqualTo(cut.length());
                            assertThat(e.file()).isEqualTo(file.toString());
                        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            "categories"        | "cats"                | has no "categories"
            "images": [{        | "pictures": [{        | has no "images"
            [1.5, 2, 30, 4e1]   | [1.5, NaN, 30, 40]    | annotations[0] (id 7)~not finite
            [1.5, 2, 30, 4e1]   | [1.5, 1e999, 30, 40]  | annotations[0] (id 7)~not finite
            [1.5, 2, 30, 4e1]   | [1.5, 2, -30, 40]     | annotations[0] (id 7)~negative size
            [1.5, 2, 30, 4e1]   | [1.5, 2, 30, 40, 5]   | annotations[0].bbox~has 5 numbers
            [1.5, 2, 30, 4e1]   | [1.5, "2", 30, 40]    | annotations[0].bbox[1]~is not a number
            [1.5, 2, 30, 4e1]   | true                  | annotations[0].bbox~array of four
            "image_id": 2       | "image_id": 5         | annotations[0] (id 7)~image_id 5 is not
            "category_id": 9    | "category_id": 5      | annotations[0] (id 7)~category_id 5 is
            "category_id": 9    | "category_id": "8"    | annotations[0]~category_id "8" is not
            "category_id": 9    | "category_id": null   | annotations[0].category_id~integer
            "category_id": 9    | "x": 9                | annotations[0]~has no category_id
            "id": 8             | "id": 7               | annotations[1] (id 7)~annotations[0]
            {"id": 1            | {"id": 2              | images[1] (id 2)~same id as images[0]
            {"id": 3            | {"id": 9              | categories[1] (id 9)~categories[0]
            "file_name": "b.jpg"| "file_name": 5        | images[0].file_name~is not a string
            "file_name": "b.jpg"| "name": "b.jpg"       | images[0]~has no file_name
            "area": 99.5        | "area": "99.5"        | annotations[1].area~is not a number
            "iscrowd": 1        | "iscrowd": 2          | annotations[1]~iscrowd other than 0 and 1
            """)
    void refusesForTrainingWhatIsWrongAndNamesTheRecord(String sound, String broken, String message)
            throws IOException {
        assertThat(SOUND).contains(sound);
        int at = SOUND.indexOf(sound);
        Path file = file(SOUND.substring(0, at) + broken + SOUND.substring(at + sound.length()));
        assertThatThrownBy(() -> CocoDataset.read(file))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContainingAll(message.split("~"))
                .hasMessageNotContaining("\n");
    }

    @Test
    void areaAndIscrowdMayBeMissingForTraining() throws IOException {
        CocoDataset dataset =
                CocoDataset.read(
                        file(SOUND.replace("\"area\": 1200,", "").replace("\"iscrowd\": 1,", "")));
        assertThat(dataset.annotations().get(0).area()).isEqualTo(1200);
        assertThat(dataset.annotations().get(1).crowd()).isFalse();
    }

    @Test
    void forEvaluationReadsWhatPycocotoolsTakes() throws IOException {
        CocoDataset dataset =
                CocoDataset.readForEvaluation(
                        file(
                                SOUND.replace("\"id\": 8", "\"id\": 7")
                                        .replace("\"image_id\": 2", "\"image_id\": 55")
                                        .replace("[1.5, 2, 30, 4e1]", "[1.5, NaN, 30, 40]")));
        assertThat(dataset.annotations()).hasSize(2);
        assertThat(dataset.annotations().get(0).box().y()).isNaN();
    }
}
