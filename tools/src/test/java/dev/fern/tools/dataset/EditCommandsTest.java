package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.SyntheticCoco;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fern dataset split}, {@code merge}, {@code filter} and {@code remap}. */
class EditCommandsTest {

    private static final String ZOO =
            """
            {"info": {"year": 2024}, "licenses": [{"id": 1}],
             "images": [
               {"id": 5, "file_name": "a.jpg", "width": 90, "height": 80, "license": 1},
               {"id": 9, "file_name": "b.jpg", "width": 90, "height": 80}],
             "categories": [
               {"id": 2, "name": "big cat", "supercategory": "animal", "color": "#fff"},
               {"id": 7, "name": "猫, small", "supercategory": "animal"},
               {"id": 8, "name": "bird"}],
             "annotations": [
               {"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2, 10, 10], "area": 55.25,
                "iscrowd": 0, "segmentation": [[1, 2, 11, 2, 11, 12]], "attributes": {"wild": true}},
               {"id": 3, "image_id": 5, "category_id": 2, "bbox": [1, 2, 30, 30], "area": 900,
                "iscrowd": 1}]}
            """;

    @TempDir Path folder;

    @Test
    void aSplitIsExactDisjointAndEven() throws IOException {
        CocoDataset whole = SyntheticCoco.generate(3, 500, 12, 3000, 0).dataset();
        whole.write(folder.resolve("all.json"));

        CommandRun run =
                run(
                        "split",
                        "--annotations=" + path("all.json"),
                        "--fractions=0.7,0.2,0.1",
                        "--output=" + path("parts"));

        assertThat(run.errors()).containsExactly("");
        assertThat(run.out().lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith(path("parts/train.json") + ": 350 images, ");
        Set<String> seen = new HashSet<>();
        Map<String, Integer> sizes = Map.of("train", 350, "val", 100, "test", 50);
        Map<Long, Integer> all = imagesByCategory(whole);
        int objects = 0;
        for (String name : sizes.keySet()) {
            CocoDataset part = CocoDataset.read(folder.resolve("parts/" + name + ".json"));
            assertThat(part.images()).hasSize(sizes.get(name));
            assertThat(part.categories()).isEqualTo(whole.categories());
            for (CocoImage image : part.images()) {
                assertThat(seen.add(image.fileName())).isTrue();
                assertThat(part.annotationsOf(image.id()))
                        .isEqualTo(whole.annotationsOf(image.id()));
            }
            objects += part.annotations().size();
            double fraction = sizes.get(name) / 500.0;
            imagesByCategory(part)
                    .forEach(
                            (category, count) ->
                                    assertThat((double) count)
                                            .as("category %d in %s", category, name)
                                            .isBetween(
                                                    fraction * all.get(category) - 3,
                                                    fraction * all.get(category) + 3));
        }
        assertThat(objects).isEqualTo(whole.annotations().size());
    }

    @Test
    void theRarestCategoryIsDividedToo() throws IOException {
        JsonObject zoo = JsonParser.parseString(ZOO).getAsJsonObject();
        JsonArray images = new JsonArray();
        JsonArray objects = new JsonArray();
        for (int i = 1; i <= 100; i++) {
            images.add(
                    JsonParser.parseString(
                            "{\"id\": %d, \"file_name\": \"%d.jpg\"}".formatted(i, i)));
            objects.add(
                    JsonParser.parseString(
                            """
                            {"id": %d, "image_id": %d, "category_id": %d, "bbox": [1, 2, 3, 4],
                             "area": 12, "iscrowd": 0}
                            """
                                    .formatted(i, i, i > 95 ? 8 : 2)));
        }
        zoo.add("images", images);
        zoo.add("annotations", objects);
        Files.writeString(folder.resolve("zoo.json"), zoo.toString());

        for (int seed = 0; seed < 5; seed++) {
            run(
                    "split",
                    "--annotations=" + path("zoo.json"),
                    "--seed=" + seed,
                    "--output=" + path("s" + seed));
            CocoDataset val = CocoDataset.read(folder.resolve("s" + seed + "/val.json"));
            assertThat(val.annotations().stream().filter(a -> a.categoryId() == 8)).hasSize(1);
        }
        run("split", "--annotations=" + path("zoo.json"), "--seed=1", "--output=" + path("again"));
        assertThat(folder.resolve("again/val.json"))
                .hasSameBinaryContentAs(folder.resolve("s1/val.json"));
        assertThat(Files.readString(folder.resolve("s2/val.json")))
                .isNotEqualTo(Files.readString(folder.resolve("s1/val.json")));
    }

    @Test
    void aMergeMakesIdsUniqueAndJoinsCategoriesByName() throws IOException {
        zoo("a.json", ZOO);
        zoo(
                "b.json",
                ZOO.replace("\"id\": 7", "\"id\": 2")
                        .replace("_id\": 7", "_id\": 99")
                        .replace(
                                "\"id\": 2, \"name\": \"big cat\"", "\"id\": 99, \"name\": \"dog\"")
                        .replace("_id\": 2", "_id\": 98")
                        .replace("_id\": 99", "_id\": 2")
                        .replace("_id\": 98", "_id\": 99"));

        CommandRun run =
                run(
                        "merge",
                        path("a.json"),
                        path("b.json"),
                        "--folders=day,night/x",
                        "--output=" + path("all.json"));

        assertThat(run.out().strip())
                .isEqualTo(
                        path("all.json") + ": 4 images, 4 annotations, 4 categories; of 2 files");
        JsonObject all = read("all.json");
        assertThat(texts(all, "images", "file_name"))
                .containsExactly("day/a.jpg", "day/b.jpg", "night/x/a.jpg", "night/x/b.jpg");
        assertThat(texts(all, "images", "id")).containsExactly("5", "9", "1", "2");
        assertThat(texts(all, "categories", "name"))
                .containsExactly("big cat", "猫, small", "bird", "dog");
        assertThat(texts(all, "categories", "id")).containsExactly("2", "7", "8", "99");
        assertThat(texts(all, "annotations", "id")).containsExactly("1", "3", "2", "4");
        assertThat(texts(all, "annotations", "image_id")).containsExactly("5", "5", "1", "1");
        assertThat(texts(all, "annotations", "category_id")).containsExactly("7", "2", "7", "99");
        assertThat(all.getAsJsonArray("annotations").get(2).getAsJsonObject().get("segmentation"))
                .isEqualTo(JsonParser.parseString("[[1, 2, 11, 2, 11, 12]]"));
        assertThat(all.get("info").toString()).isEqualTo("{\"year\":2024}");
        CocoDataset.read(folder.resolve("all.json"));
    }

    @Test
    void imagesOfOneNameAreRefusedOrJoined() throws IOException {
        zoo("a.json", ZOO);
        zoo("b.json", ZOO.replace("_id\": 5", "_id\": 9"));

        CommandRun refused =
                run("merge", path("a.json"), path("b.json"), "--output=" + path("all.json"));
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("image a.jpg is in " + path("a.json") + " too", "--join-images");
        assertThat(folder.resolve("all.json")).doesNotExist();
        run(
                "merge",
                path("a.json"),
                path("b.json"),
                "--join-images",
                "--output=" + path("all.json"));
        JsonObject all = read("all.json");
        assertThat(texts(all, "images", "id")).containsExactly("5", "9");
        assertThat(texts(all, "annotations", "image_id")).containsExactly("5", "5", "9", "9");
    }

    @Test
    void aFilterTakesCategoriesAndSizesAndKeepsAllFields() throws IOException {
        zoo("a.json", ZOO);

        CommandRun run =
                run(
                        "filter",
                        "--annotations=" + path("a.json"),
                        "--category=猫, small",
                        "--category=bird",
                        "--max-area=100",
                        "--output=" + path("b.json"));

        assertThat(run.out().strip())
                .isEqualTo(
                        path("b.json")
                                + ": 2 images, 1 annotations, 2 categories; of 2 images, 2"
                                + " annotations, 3 categories");
        JsonObject before = read("a.json");
        JsonObject after = read("b.json");
        assertThat(after.get("images")).isEqualTo(before.get("images"));
        assertThat(after.getAsJsonArray("annotations").get(0))
                .isEqualTo(before.getAsJsonArray("annotations").get(0));
        run(
                "filter",
                "--annotations=" + path("a.json"),
                "--without-category=bird",
                "--min-width=20",
                "--drop-empty-images",
                "--output=" + path("c.json"));
        assertThat(texts(read("c.json"), "images", "id")).containsExactly("5");
        assertThat(texts(read("c.json"), "annotations", "id")).containsExactly("3");
        assertThat(texts(read("c.json"), "categories", "name"))
                .containsExactly("big cat", "猫, small");
    }

    @Test
    void aRemapRenamesJoinsAndRenumbers() throws IOException {
        zoo("a.json", ZOO);
        Files.writeString(
                folder.resolve("map.json"), "{\"猫, small\": \"cat\", \"big cat\": \"cat\"}");

        run(
                "remap",
                "--annotations=" + path("a.json"),
                "--mapping=" + path("map.json"),
                "--rename=bird=Bird",
                "--number-from=0",
                "--output=" + path("b.json"));

        JsonObject after = read("b.json");
        assertThat(texts(after, "categories", "name")).containsExactly("cat", "Bird");
        assertThat(texts(after, "categories", "id")).containsExactly("0", "1");
        assertThat(texts(after, "categories", "color")).startsWith("#fff");
        assertThat(texts(after, "annotations", "category_id")).containsExactly("0", "0");
        run(
                "remap",
                "--annotations=" + path("a.json"),
                "--rename=big cat=bird",
                "--output=" + path("c.json"));
        assertThat(texts(read("c.json"), "categories", "id")).containsExactly("7", "8");
        assertThat(texts(read("c.json"), "annotations", "category_id")).containsExactly("7", "8");
        zoo("model.json", ZOO.replace("\"id\": 7", "\"id\": 70").replace("_id\": 7", "_id\": 70"));
        run(
                "remap",
                "--annotations=" + path("a.json"),
                "--ids-of=" + path("model.json"),
                "--output=" + path("d.json"));
        assertThat(texts(read("d.json"), "annotations", "category_id")).containsExactly("70", "2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "split --annotations=A --fractions=0.8,0.3 --output=D|must add up to 1",
                "split --annotations=A --fractions=1.5,-0.5 --output=D|must be above 0",
                "split --annotations=A --fractions=0.9,0.1 --output=D|2 images are too few",
                "split --annotations=A --names=a --output=D|1 names for 2",
                "split --annotations=A --names=../a,b --output=D|is no name of a file",
                "merge A A --output=D|is given twice",
                "merge A B --folders=x --output=D|1 names for 2 files",
                "merge A B --folders=x,../y --output=D|is not a folder below",
                "filter --annotations=A --category=absent --output=D|has no category \"absent\"",
                "filter --annotations=A --output=A|is read by this command",
                "remap --annotations=A --rename=absent=x --output=D|has no category \"absent\"",
                "remap --annotations=A --mapping=B --output=D|has no name as its value",
                "remap --annotations=A --number-from=1 --ids-of=B --output=D|not both"
            })
    void whatCannotBeDoneIsSaidInOneLine(String line, String fault) throws IOException {
        zoo("a.json", ZOO);
        zoo("b.json", ZOO);
        List<String> arguments = new ArrayList<>();
        for (String argument : line.split(" ")) {
            arguments.add(
                    argument.replaceFirst("^A$|=A$", argument.equals("A") ? "_A" : "=_A")
                            .replace("=_A", "=" + path("a.json"))
                            .replaceFirst("^_A$", path("a.json"))
                            .replaceFirst("=B$", "=" + path("b.json"))
                            .replaceFirst("^B$", path("b.json"))
                            .replaceFirst("=D$", "=" + path("d.json")));
        }

        CommandRun run = run(arguments.toArray(String[]::new));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(fault);
    }

    private static Map<Long, Integer> imagesByCategory(CocoDataset dataset) {
        Map<Long, Integer> counts = new HashMap<>();
        for (CocoImage image : dataset.images()) {
            Set<Long> categories = new TreeSet<>();
            for (CocoAnnotation object : dataset.annotationsOf(image.id())) {
                categories.add(object.categoryId());
            }
            categories.forEach(category -> counts.merge(category, 1, Integer::sum));
        }
        return counts;
    }

    private void zoo(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private JsonObject read(String name) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
    }

    private static List<String> texts(JsonObject document, String section, String field) {
        List<String> texts = new ArrayList<>();
        for (JsonElement record : document.getAsJsonArray(section)) {
            JsonElement value = record.getAsJsonObject().get(field);
            texts.add(value == null ? "" : value.getAsString());
        }
        return texts;
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
