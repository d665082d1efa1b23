package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The editing commands on files whose ids and letters are written in unusual ways. */
class EditedFormsTest {

    @TempDir Path folder;

    /** As pandas and exporters write them: fractions without a rest, or texts. */
    @ParameterizedTest
    @CsvSource({"1.0, 1", "1, 1.0", "'\"1\"', 1", "1, '\"1\"'"})
    void idsThatAreWrittenInTwoWaysStayTogether(String inObjects, String inLists)
            throws IOException {
        Files.writeString(folder.resolve("ids.json"), written(inObjects, inLists, "a.jpg"));
        Files.writeString(folder.resolve("more.json"), written("1", "1", "b.jpg"));

        CommandRun remapped =
                run(
                        "remap",
                        "--annotations=" + path("ids.json"),
                        "--number-from=4",
                        "--output=" + path("remapped.json"));
        CommandRun merged =
                run("merge", path("ids.json"), path("more.json"), "-o", path("merged.json"));

        assertThat(remapped.complaints()).isEmpty();
        CocoDataset one = CocoDataset.read(folder.resolve("remapped.json"));
        assertThat(one.categories()).singleElement().extracting(CocoCategory::id).isEqualTo(4L);
        assertThat(one.annotations())
                .singleElement()
                .extracting(CocoAnnotation::categoryId)
                .isEqualTo(4L);
        assertThat(merged.complaints()).isEmpty();
        CocoDataset all = CocoDataset.read(folder.resolve("merged.json"));
        assertThat(all.categories()).hasSize(1);
        assertThat(all.images()).allMatch(image -> all.annotationsOf(image.id()).size() == 1);
    }

    private static String written(String inObjects, String inLists, String fileName) {
        return String.format(
                """
                {"images": [{"id": %2$s, "file_name": "%3$s", "width": 90, "height": 80}],
                 "categories": [{"id": %2$s, "name": "cat"}],
                 "annotations": [{"id": 1, "image_id": %1$s, "category_id": %1$s,
                                  "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}]}
                """,
                inObjects, inLists, fileName);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16", "UTF-32LE", "UTF-32"})
    void whatIsReadInAnEncodingIsEditedAndConvertedInIt(String encoding) throws IOException {
        Files.writeString(
                folder.resolve("zoo.json"), written("1", "1", "猫.jpg"), Charset.forName(encoding));

        CommandRun filtered =
                run(
                        "filter",
                        "--annotations=" + path("zoo.json"),
                        "--category=cat",
                        "--output=" + path("cats.json"));
        CommandRun converted =
                run(
                        "convert",
                        "--from=coco",
                        "--annotations=" + path("zoo.json"),
                        "--output=" + path("again.json"));

        assertThat(filtered.complaints()).isEmpty();
        assertThat(converted.status()).isZero();
        for (String name : List.of("cats.json", "again.json")) {
            CocoDataset written = CocoDataset.read(folder.resolve(name));
            assertThat(written.images().get(0).fileName()).isEqualTo("猫.jpg");
            assertThat(written.annotations()).hasSize(1);
        }
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static CommandRun run(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "dataset";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return CommandRun.of(all);
    }
}
