package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What detection reports and in which forms. */
class DetectOutputsTest {

    @TempDir static Path folder;

    private static TestModel model;
    private static Path images;

    @TempDir Path work;

    @BeforeAll
    static void train() throws IOException {
        model = new TestModel(folder);
        images = folder.resolve("train");
    }

    private Path json() {
        return work.resolve("found.json");
    }

    private static Set<Integer> categories(JsonArray results) {
        Set<Integer> ids = new HashSet<>();
        results.forEach(r -> ids.add(r.getAsJsonObject().get("category_id").getAsInt()));
        return ids;
    }

    private static Map<Integer, Integer> counts(JsonArray results) {
        Map<Integer, Integer> counts = new HashMap<>();
        results.forEach(
                r -> counts.merge(r.getAsJsonObject().get("image_id").getAsInt(), 1, Integer::sum));
        return counts;
    }

    @Test
    void categoriesAreChosenByNameBeforeTheBestAreTaken() throws IOException {
        JsonArray all = model.results(json(), images);
        assertThat(categories(all)).hasSizeGreaterThan(2);
        JsonArray some = model.results(json(), "--classes=Star,cross", images);
        assertThat(categories(some)).containsExactlyInAnyOrder(7, 11);
        // The model keeps 100 of each image; all of them may now be of these categories.
        assertThat(counts(some).values()).allMatch(count -> count <= 100);
        assertThat(some.size()).isGreaterThan(ofCategories(all, Set.of(7, 11)));
        assertThat(model.results(json(), "--classes=star", "--max-detections=3", images).asList())
                .hasSize(3 * 4)
                .allMatch(r -> r.getAsJsonObject().get("category_id").getAsInt() == 7);
    }

    private static int ofCategories(JsonArray results, Set<Integer> ids) {
        int count = 0;
        for (JsonElement result : results) {
            count += ids.contains(result.getAsJsonObject().get("category_id").getAsInt()) ? 1 : 0;
        }
        return count;
    }

    @Test
    void anUnknownCategoryIsRefusedWithTheNearestAndTheKnownOnes() {
        CommandRun run = model.detect("--classes=star,corss", images);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .contains("'corss'", "did you mean 'cross'", "triangle");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void nothingFoundIsSaidWithTheHighestScoreThatWasSeen() throws IOException {
        double highest = 0;
        for (JsonElement result : model.results(json(), images)) {
            highest = Math.max(highest, result.getAsJsonObject().get("score").getAsDouble());
        }
        CommandRun run =
                CommandRun.of(
                        "detect",
                        "--model=" + model.path(),
                        "--score-threshold=0.99",
                        images.toString());
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.errors())
                .filteredOn(line -> line.startsWith("note: nothing was found"))
                .singleElement()
                .asString()
                .contains(
                        "in 4 images with a score above 0.99",
                        String.format(Locale.ROOT, "the highest score is %.3f", highest));
        assertThat(model.detect(images).errors()).noneMatch(line -> line.contains("nothing"));
    }

    @Test
    void theOverlapOfNonMaximumSuppressionCanBeSet() throws IOException {
        int few = model.results(json(), "--nms-iou=0", "--max-detections=1000", images).size();
        int many = model.results(json(), "--nms-iou=0.9", "--max-detections=1000", images).size();
        assertThat(few).isPositive().isLessThan(many);
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        for (String option :
                List.of(
                        "--nms-iou=1.5",
                        "--max-detections=0",
                        "--tile=8",
                        "--overlap=0.5",
                        "--every=0",
                        "--format=csv",
                        "--no-drawings")) {
            CommandRun run = model.detect(option, images);
            assertThat(run.status()).as(option).isEqualTo(2);
            assertThat(run.complaints()).singleElement().asString().contains(option.split("=")[0]);
        }
    }

    @Test
    void allFormatsHoldTheSameObjects() throws IOException {
        Path output = work.resolve("out");
        JsonArray found =
                model.results(
                        json(),
                        "--output=" + output,
                        "--format=coco,yolo,voc,csv,jsonl",
                        "--no-drawings",
                        "--max-detections=5",
                        images);
        assertThat(found.size()).isEqualTo(20);
        assertThat(output.resolve("detections.json")).hasSameTextualContentAs(json());
        List<String> csv = Files.readAllLines(output.resolve("detections.csv"));
        List<double[]> lines = new ArrayList<>();
        for (String line : Files.readAllLines(output.resolve("detections.jsonl"))) {
            JsonObject image = JsonParser.parseString(line).getAsJsonObject();
            image.getAsJsonArray("objects").forEach(o -> lines.add(box(o)));
        }
        List<String> names = Files.readAllLines(output.resolve("classes.txt"));
        Map<String, List<String>> yolo = new HashMap<>();
        for (int i = 0; i < found.size(); i++) {
            JsonObject result = found.get(i).getAsJsonObject();
            double[] box = box(result);
            String[] row = csv.get(i + 1).split(",");
            assertThat(row[1]).isEqualTo(result.get("file_name").getAsString());
            for (int j = 0; j < 4; j++) {
                assertThat(Double.parseDouble(row[6 + j])).isCloseTo(box[j], within(0.001));
            }
            assertThat(lines.get(i)).isEqualTo(box);
            String stem = row[1].replace(".jpg", "");
            String[] label =
                    yolo.computeIfAbsent(stem, s -> lines(output.resolve("labels/" + s + ".txt")))
                            .remove(0)
                            .split(" ");
            assertThat(names.get(Integer.parseInt(label[0]))).isEqualTo(row[4]);
            double width = Double.parseDouble(label[3]) * 64;
            assertThat(width).isCloseTo(box[2], within(0.001));
            assertThat(Double.parseDouble(label[1]) * 64 - width / 2)
                    .isCloseTo(box[0], within(0.001));
            assertThat(output.resolve("annotations/" + stem + ".xml"))
                    .content()
                    .contains("<name>" + row[4] + "</name>")
                    .contains("<xmin>" + (float) box[0] + "</xmin>");
        }
        try (Stream<Path> files = Files.list(output)) {
            assertThat(files.filter(f -> f.toString().endsWith(".jpg"))).isEmpty();
        }
    }

    private static List<String> lines(Path file) {
        try {
            return new ArrayList<>(Files.readAllLines(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static double[] box(JsonElement object) {
        double[] box = new double[4];
        JsonArray values = object.getAsJsonObject().getAsJsonArray("bbox");
        for (int i = 0; i < 4; i++) {
            box[i] = values.get(i).getAsDouble();
        }
        return box;
    }

    @Test
    void objectsAreCutOutOfTheirImages() throws IOException {
        Path crops = work.resolve("crops");
        JsonArray found =
                model.results(json(), "--save-crops=" + crops, "--max-detections=2", images);
        int files = 0;
        for (int i = 0; i < found.size(); i++) {
            double[] box = box(found.get(i));
            try (Stream<Path> paths = Files.walk(crops)) {
                String suffix = String.format("/%06d-%d.jpg", i / 2 + 1, i % 2 + 1);
                Path crop = paths.filter(p -> p.toString().endsWith(suffix)).findFirst().get();
                try (BgrImage image = ImageReader.standard().read(crop)) {
                    assertThat((double) image.width())
                            .isCloseTo(
                                    Math.ceil(box[0] + box[2]) - Math.floor(box[0]), within(1e-3));
                    files++;
                }
            }
        }
        assertThat(files).isEqualTo(8);
    }

    @Test
    void namesOfCategoriesThatAreNoNamesOfFoldersStayInTheFolder() throws IOException {
        Path odd = work.resolve("odd");
        Files.createDirectories(odd);
        try (Stream<Path> files = Files.list(model.path())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, odd.resolve(file.getFileName()));
            }
        }
        Path configuration = odd.resolve("model.json");
        Files.writeString(
                configuration,
                Files.readString(configuration).replaceAll("\"name\": \"", "\"name\": \"../../x/"));
        Path crops = work.resolve("a/b/crops");
        CommandRun run =
                CommandRun.of(
                        "detect",
                        "--model=" + odd,
                        "--score-threshold=0",
                        "--save-crops=" + crops,
                        images.toString());
        assertThat(run.status()).as(run.errors().toString()).isZero();
        try (Stream<Path> files = Files.list(work)) {
            assertThat(files).containsExactlyInAnyOrder(odd, work.resolve("a"));
        }
        try (Stream<Path> files = Files.list(work.resolve("a/b"))) {
            assertThat(files).containsExactly(crops);
        }
    }

    @Test
    void labelsOfADataSetAreNotReplaced() throws IOException {
        model.copy(0, work.resolve("set/images/a.jpg"));
        Path label = work.resolve("set/labels/images/a.txt");
        Files.createDirectories(label.getParent());
        Files.writeString(label, "mine");
        CommandRun run =
                model.detect(
                        "--output=" + work.resolve("set"),
                        "--format=yolo",
                        "--no-drawings",
                        work.resolve("set"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("labels", "--output");
        assertThat(label).hasContent("mine");
    }

    @Test
    void aResultsFileOfTheUsualThresholdSaysThatItIsNotForEvaluation() {
        String[] command = {
            "detect", "--model=" + model.path(), "--json=" + json(), images.toString()
        };
        assertThat(CommandRun.of(command).errors())
                .anyMatch(line -> line.contains("--score-threshold 0.05"));
        assertThat(json()).hasContent("[]");
        assertThat(model.detect("--json=" + json(), images).errors())
                .noneMatch(line -> line.contains("--score-threshold"));
    }

    @Test
    void tilesGiveDetectionsInPixelsOfTheWholeImage() throws IOException {
        JsonArray whole = model.results(json(), images);
        assertThat(model.results(json(), "--tile=64", images)).isEqualTo(whole);
        JsonArray tiled = model.results(json(), "--tile=40", images);
        assertThat(tiled.size()).isGreaterThan(whole.size());
        for (JsonElement result : tiled) {
            double[] box = box(result);
            assertThat(box[0]).isNotNegative();
            assertThat(box[0] + box[2]).isLessThanOrEqualTo(64.001);
        }
    }
}
