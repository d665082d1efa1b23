package dev.fern.tools.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageHeader;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.explore.ShownImage.Original;
import dev.fern.tools.train.TrainingProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExploreCommandTest {

    @TempDir static Path folder;

    private static Explored explored;

    @BeforeAll
    static void makeData() throws IOException {
        explored = Explored.make(folder.resolve("data"));
    }

    /** Reads what the page is told, as JavaScript reads the text. */
    private static JsonObject data(Path page) throws IOException {
        String script = Files.readString(page.resolve("explored.js"));
        String text = script.replaceAll("(?s)^'use strict';\nconst EXPLORED = '(.*)';\n$", "$1");
        assertThat(text).isNotEqualTo(script).doesNotContain("\n", "</");
        return JsonParser.parseString(text.replaceAll("(?s)\\\\(.)", "$1")).getAsJsonObject();
    }

    private static List<JsonObject> images(JsonObject data) {
        List<JsonObject> images = new ArrayList<>();
        data.getAsJsonArray("images").forEach(image -> images.add(image.getAsJsonObject()));
        return images;
    }

    private static void assertDone(CommandRun run) {
        assertThat(run.status()).as(run.errors().toString()).isZero();
    }

    @Test
    void everyImageHasASmallOneAndALinkThatLeadsToItsFile() throws IOException {
        Path page = folder.resolve("linked #1");
        assertDone(explored.explore(page, "--thumbnails=100"));
        List<JsonObject> images = images(data(page));
        assertThat(images).hasSize(explored.dataset().images().size());
        for (JsonObject image : images) {
            Path linked = Path.of(page.toUri().resolve(image.get("link").getAsString()));
            Path original =
                    explored.folder().resolve("images").resolve(image.get("file").getAsString());
            assertThat(linked.toRealPath()).isEqualTo(original.toRealPath());
            ImageHeader small =
                    ImageHeader.read(page.resolve(image.get("thumbnail").getAsString()));
            assertThat(small.storedSize()).isEqualTo(new ImageSize(100, 75));
        }
    }

    @Test
    void withCopiesTheFolderNeedsNoOther() throws IOException {
        Path page = folder.resolve("copied");
        assertDone(explored.explore(page, "--copy-images", "--thumbnails=0"));
        for (JsonObject image : images(data(page))) {
            assertThat(image.has("thumbnail")).isFalse();
            String link = image.get("link").getAsString();
            assertThat(link).matches("images/\\d{6}\\.png");
            assertThat(page.resolve(link))
                    .hasSameBinaryContentAs(
                            explored.folder()
                                    .resolve("images")
                                    .resolve(image.get("file").getAsString()));
        }
    }

    @Test
    void thePageIsToldTheEvaluatorsAp() throws IOException {
        Path page = folder.resolve("compared");
        assertDone(explored.explore(page, "--compare=" + explored.folder().resolve("after.json")));
        EvaluationParameters parameters = EvaluationParameters.defaults();
        List<Double> told = new ArrayList<>();
        for (JsonElement side : data(page).getAsJsonArray("sides")) {
            told.add(side.getAsJsonObject().get("ap").getAsDouble());
        }
        assertThat(told).hasSize(2);
        List<CocoResults> results = List.of(explored.before(), explored.after());
        for (int i = 0; i < 2; i++) {
            assertThat(told.get(i))
                    .isCloseTo(
                            CocoEvaluator.evaluate(explored.dataset(), results.get(i), parameters)
                                    .stat(CocoMetric.AP50),
                            within(1e-12));
        }
    }

    @Test
    void anEarlierPageIsReplacedAndAnyOtherFolderKept() throws IOException {
        Path page = folder.resolve("again");
        assertDone(explored.explore(page));
        Files.delete(page.resolve("thumbnails/000000.jpg"));
        assertDone(explored.explore(page));
        assertThat(page.resolve("thumbnails/000000.jpg")).exists();
        Files.writeString(page.resolve("notes.txt"), "mine");
        CommandRun refused = explored.explore(page);
        assertThat(refused.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(refused.complaints()).singleElement().asString().contains("holds files already");
        assertThat(page.resolve("notes.txt")).hasContent("mine");
        try (Stream<Path> beside = Files.list(folder)) {
            assertThat(beside.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("."));
        }
    }

    @Test
    void imagesThatCantBeShownAreCountedAndSaidWhy() throws IOException {
        Path data = folder.resolve("damaged");
        Explored.writeImage(data.resolve("images/good.png"), 1);
        Explored.writeImage(data.resolve("images/page.tif"), 2);
        Files.writeString(data.resolve("images/text.png"), "no image");
        Explored damaged =
                Explored.make(
                        data,
                        List.of("good.png", "page.tif", "text.png", "gone.png", "../../out.png"),
                        List.of("cat"),
                        3);
        Path page = folder.resolve("damaged-page");
        CommandRun run = damaged.explore(page);
        assertDone(run);
        assertThat(String.join("\n", run.errors()))
                .contains("warning: 3 of 5 images can't be shown, the first: ", "text.png");
        List<JsonObject> images = images(data(page));
        assertThat(images.get(1).get("link").getAsString()).isEqualTo("images/000001.jpg");
        assertThat(ImageHeader.read(page.resolve("images/000001.jpg")).storedSize())
                .isEqualTo(new ImageSize(Explored.WIDTH, Explored.HEIGHT));
        assertThat(images.get(3).get("problem").getAsString()).contains("gone.png");
        assertThat(images.get(4).get("problem").getAsString())
                .contains("leads out of the image folder");
    }

    @Test
    void whatIsInterruptedLeavesNothingBehind() throws Exception {
        Path data = folder.resolve("many");
        Path original = data.resolve("images/original.png");
        Explored.writeImage(original, 3);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 8000; i++) {
            names.add(i + ".png");
            Files.createLink(data.resolve("images/" + i + ".png"), original);
        }
        Explored many = Explored.make(data, names, List.of("cat"), 1);
        Path parent = Files.createDirectory(folder.resolve("interrupted"));
        Path page = parent.resolve("page");
        Process process =
                FernProcess.of(List.of(), many.arguments(page))
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("interrupted.log").toFile())
                        .start();
        try {
            Path fresh = parent.resolve(".page.new");
            while (!Files.exists(fresh.resolve("thumbnails/000000.jpg"))) {
                assertThat(process.isAlive()).isTrue();
                Thread.sleep(5);
            }
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isNotZero();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void keypointsHaveSigmasOfTheirOwn() throws IOException {
        Path data = folder.resolve("keypoints");
        Explored.writeImage(data.resolve("images/one.png"), 1);
        Path annotations =
                Files.writeString(
                        data.resolve("annotations.json"),
                        """
                        {"images": [{"id": 1, "file_name": "one.png", "width": 320, "height": 240}],
                         "categories": [{"id": 1, "name": "cat", "keypoints": ["nose", "tail"], "skeleton": []}],
                         "annotations": [
                           {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 10000,
                            "bbox": [20, 30, 100, 100], "num_keypoints": 2,
                            "keypoints": [30, 40, 2, 100, 110, 2]}]}
                        """);
        // Each point is off by 20 pixels: OKS exp(-400 / (2 * 10000 * (2 * sigma)^2)).
        Path detections =
                Files.writeString(
                        data.resolve("detections.json"),
                        """
                        [{"image_id": 1, "category_id": 1, "score": 0.9,
                          "keypoints": [50, 40, 1, 120, 110, 1]}]
                        """);
        List<String> arguments =
                List.of(
                        "explore",
                        "--iou-type=keypoints",
                        "--annotations=" + annotations,
                        "--detections=" + detections,
                        "--images=" + data.resolve("images"));
        for (double sigma : new double[] {0.05, 0.2}) {
            Path page = folder.resolve("sigma-" + sigma);
            List<String> all = new ArrayList<>(arguments);
            all.addAll(List.of("--output=" + page, "--sigmas=" + sigma));
            assertDone(CommandRun.of(all.toArray(String[]::new)));
            double oks = Math.exp(-400 / (2.0 * 10_000 * Math.pow(2 * sigma, 2)));
            double ap =
                    data(page)
                            .getAsJsonArray("sides")
                            .get(0)
                            .getAsJsonObject()
                            .get("ap")
                            .getAsDouble();
            assertThat(ap).as("OKS " + oks).isCloseTo(oks >= 0.5 ? 1 : 0, within(1e-9));
        }
        assertThat(explored.explore(folder.resolve("x"), "--sigmas=0.1").complaints())
                .singleElement()
                .asString()
                .contains("only keypoints have sigmas");
    }

    @ParameterizedTest
    @CsvSource({
        "JPEG, 1, true, true",
        "JPEG, 6, true, true",
        "JPEG, 6, false, false",
        "PNG, 1, false, true",
        "PNG, 3, true, false",
        "TIFF, 1, true, false"
    })
    void filesAreLinkedWhereBrowsersShowThemAsTheyWereRead(
            ImageFormat format, int orientation, boolean upright, boolean linked) {
        ImageHeader header = new ImageHeader(format, 30, 20, orientation);
        assertThat(new Original(Path.of("x"), header, upright).isShownByBrowsers())
                .isEqualTo(linked);
    }

    @Test
    void aRunIsExploredByWhatItsNewestEvaluationFound() throws IOException {
        Path shapes = folder.resolve("shapes");
        assertDone(
                CommandRun.of(
                        "dataset",
                        "synthesize",
                        "--output=" + shapes,
                        "--train-images=6",
                        "--val-images=2",
                        "--width=64",
                        "--height=64"));
        Path run = folder.resolve("run");
        assertDone(
                TrainingProcess.inThisProcess(shapes, run, "--epochs=1", "--set=scoreThreshold=0"));
        assertDone(CommandRun.of("explore", run.toString()));
        Path page = run.resolve("explore");
        assertThat(images(data(page))).hasSize(6).allMatch(image -> image.has("thumbnail"));
        JsonObject side = data(page).getAsJsonArray("sides").get(0).getAsJsonObject();
        assertThat(side.get("name").getAsString()).endsWith("detections.json");
        String json = folder.resolve("numbers.json").toString();
        assertDone(
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + shapes.resolve("annotations/instances_train.json"),
                        "--detections=" + run.resolve("detections.json"),
                        "--json=" + json));
        assertThat(side.get("ap").getAsDouble())
                .isCloseTo(
                        JsonParser.parseString(Files.readString(Path.of(json)))
                                .getAsJsonObject()
                                .getAsJsonObject("stats")
                                .get("AP50")
                                .getAsDouble(),
                        within(1e-12));
        CommandRun refused = CommandRun.of("explore", run.toString(), "--iou-type=segm");
        assertThat(refused.status()).isEqualTo(ExitStatus.BAD_INPUT);
        assertThat(refused.complaints().get(0)).contains("--iou-type is for files");
        Files.delete(run.resolve("detections.json"));
        assertThat(CommandRun.of("explore", run.toString()).complaints().get(0))
                .contains("has not been evaluated yet");
    }

    @Test
    void whatIsMissingOrOutOfRangeIsNamed() {
        assertThat(CommandRun.of("explore", "--output=x").complaints())
                .singleElement()
                .asString()
                .contains("--annotations, --detections and --images");
        assertThat(CommandRun.of("explore", "--detections=x").complaints())
                .singleElement()
                .asString()
                .contains("--output DIR is needed");
        assertThat(explored.explore(folder.resolve("x"), "--thumbnails=9999").complaints())
                .singleElement()
                .asString()
                .contains("0 to 2048, not 9999");
        assertThat(explored.explore(folder.resolve("x"), "--analysis-iou=2").complaints())
                .singleElement()
                .asString()
                .contains("the IoU threshold must be");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    /** A file of the page that browsers would not run, or that is missing, would show nothing. */
    @Test
    void thePageNamesTheFilesThatAreThere() throws IOException {
        Path page = folder.resolve("named");
        assertDone(explored.explore(page));
        String html = Files.readString(page.resolve("index.html"));
        try (Stream<Path> files = Files.list(page)) {
            assertThat(
                            files.map(file -> file.getFileName().toString())
                                    .filter(name -> name.matches(".*\\.(js|css)")))
                    .hasSize(9)
                    .allSatisfy(name -> assertThat(html).contains('"' + name + '"'));
        }
        assertThat(ImageReader.standard().size(page.resolve("thumbnails/000000.jpg")).width())
                .isEqualTo(256);
    }
}
