package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.CommandRun;
import dev.fern.tools.report.Drawings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fern evaluate --analysis} and {@code --report}. */
class EvaluateAnalysisTest {

    private static final String HOSTILE = "\\\"'><script src=http://evil.example/x.js></script>";

    @TempDir Path folder;

    private Path annotations;
    private Path detections;

    /** One object found, one missed, one wrong detection, on two images of which one is missing. */
    @BeforeEach
    void writeFiles() throws IOException {
        annotations =
                Files.writeString(
                        folder.resolve("gt.json"),
                        """
                        {"images": [{"id": 1, "file_name": "1.png", "width": 60, "height": 40},
                                    {"id": 2, "file_name": "NAME", "width": 60, "height": 40}],
                         "categories": [{"id": 7, "name": "NAME"}],
                         "annotations": [
                           {"id": 1, "image_id": 1, "category_id": 7, "bbox": [0, 0, 10, 10],
                            "area": 100, "iscrowd": 0},
                           {"id": 2, "image_id": 2, "category_id": 7, "bbox": [0, 0, 10, 10],
                            "area": 100, "iscrowd": 0}]}
                        """
                                .replace("NAME", HOSTILE));
        detections =
                Files.writeString(
                        folder.resolve("dt.json"),
                        """
                        [{"image_id": 1, "category_id": 7, "bbox": [0, 0, 10, 10], "score": 0.9},
                         {"image_id": 1, "category_id": 7, "bbox": [30, 20, 10, 10], "score": 0.8}]
                        """);
        try (BgrImage image = BgrImage.of(60, 40, new byte[60 * 40 * 3])) {
            image.write(folder.resolve("1.png"));
        }
    }

    private CommandRun evaluate(String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(
                List.of("evaluate", "--annotations=" + annotations, "--detections=" + detections));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(new String[0]));
    }

    @Test
    void theJsonHoldsEveryPart() throws IOException {
        Path file = folder.resolve("analysis.json");
        CommandRun run = evaluate("--analysis=" + file, "--analysis-score=0.5", "--beta=2");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertThat(json.get("iou_threshold").getAsDouble()).isEqualTo(0.5);
        assertThat(json.get("score_threshold").getAsDouble()).isEqualTo(0.5);
        assertThat(json.getAsJsonObject("confusion_matrix").get("cells").toString())
                .isEqualTo("[[0,0,1],[0,1,1],[1,0,1]]");
        assertThat(json.getAsJsonObject("tide").get("background").toString())
                .isEqualTo("{\"count\":1,\"dAP\":0.0}");
        // scores 0.9 and 0.8 lie in the bins that end there: errors 0.1 and 0.8
        assertThat(json.getAsJsonObject("calibration").get("ece").getAsDouble())
                .isCloseTo(0.45, within(1e-12));
        JsonObject category = json.getAsJsonArray("categories").get(0).getAsJsonObject();
        assertThat(category.getAsJsonObject("curve").getAsJsonArray("precision")).hasSize(101);
        // one of two found without a mistake: 5 * 1 * 0.5 / (4 * 1 + 0.5)
        assertThat(category.getAsJsonObject("best").get("f_beta").getAsDouble())
                .isCloseTo(2.5 / 4.5, within(1e-12));
        JsonObject image = json.getAsJsonArray("images").get(0).getAsJsonObject();
        assertThat(image.get("id").getAsInt()).isEqualTo(1);
        assertThat(image.get("likely_missing_labels").toString()).isEqualTo("[1]");
        image = json.getAsJsonArray("images").get(1).getAsJsonObject();
        assertThat(image.get("unsupported_labels").toString()).isEqualTo("[2]");
    }

    @Test
    void idsAreWrittenAsTheFileWritesThem() throws IOException {
        for (Path file : List.of(annotations, detections)) {
            Files.writeString(
                    file,
                    Files.readString(file)
                            .replace("\"id\": 7", "\"id\": \"seven\"")
                            .replace("\"category_id\": 7", "\"category_id\": \"seven\"")
                            .replace("\"image_id\": 2", "\"image_id\": 2.5")
                            .replace("\"id\": 2, \"file", "\"id\": 2.5, \"file"));
        }
        Path parameters =
                Files.writeString(
                        folder.resolve("p.json"),
                        "{\"imgIds\": [2.5, 1], \"catIds\": [\"seven\"]}");
        Path analysis = folder.resolve("analysis.json");
        Path numbers = folder.resolve("numbers.json");
        CommandRun run =
                evaluate(
                        "--parameters=" + parameters,
                        "--per-category",
                        "--analysis=" + analysis,
                        "--json=" + numbers);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out()).contains(" \"seven\" ");
        assertThat(Files.readString(analysis))
                .contains("\"category_ids\":[\"seven\"]", "\"id\":\"seven\"", "\"id\":2.5");
        JsonObject json = JsonParser.parseString(Files.readString(numbers)).getAsJsonObject();
        assertThat(json.getAsJsonObject("parameters").get("imgIds").toString())
                .isEqualTo("[2.5,1]");
        assertThat(json.getAsJsonArray("per_category").get(0).getAsJsonObject().get("id"))
                .isEqualTo(new JsonPrimitive("seven"));
    }

    @Test
    void twoOutputsOfOneNameAreRefused() {
        Path file = folder.resolve("out.html");
        CommandRun run = evaluate("--report=" + file, "--analysis=" + folder.resolve("./out.html"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).hasSize(1);
        assertThat(run.complaints().get(0)).contains("out.html: would be written twice");
        assertThat(file).doesNotExist();
    }

    @Test
    void theArraysAreWrittenWhereTheTwelveNumbersCannotBeTaken() {
        Path arrays = folder.resolve("arrays.npz");
        CommandRun run = evaluate("--max-detections=1", "--arrays=" + arrays);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints().get(0)).contains("need three maxDets");
        assertThat(arrays).isNotEmptyFile();
    }

    @Test
    void theReportOfManyCategoriesShowsThoseWithMostObjects() throws IOException {
        int many = 2100;
        String categories =
                IntStream.range(0, many)
                        .mapToObj(k -> "{\"id\": %d, \"name\": \"kind %d.\"}".formatted(k, k))
                        .collect(Collectors.joining(", "));
        // two of the last, one of each other
        String objects =
                IntStream.rangeClosed(0, many)
                        .mapToObj(
                                k ->
                                        """
                                        {"id": %d, "image_id": 1, "category_id": %d, "area": 100,
                                         "bbox": [0, 0, 10, 10], "iscrowd": 0}
                                        """
                                                .formatted(k + 1, Math.min(k, many - 1)))
                        .collect(Collectors.joining(", "));
        Files.writeString(
                annotations,
                "{\"images\": [{\"id\": 1, \"file_name\": \"1.png\"}], \"categories\": [%s],"
                                .formatted(categories)
                        + " \"annotations\": [%s]}".formatted(objects));
        Path file = folder.resolve("report.html");
        CommandRun run = evaluate("--report=" + file);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(Files.readString(file))
                .contains("2\u202f000 categories with most objects", "200 with most objects")
                .contains("<td>kind 1998.<td>", "<td>kind 2099.<td>")
                .doesNotContain("<td>kind 1999.<td>");
    }

    @Test
    void theReportNeedsNothingElseAndShowsNamesAsTheyAre() throws Exception {
        Path file = folder.resolve("report.html");
        CommandRun run = evaluate("--report=" + file, "--images=" + folder, "--analysis-score=0.5");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        String html = Files.readString(file);
        assertThat(html)
                .startsWith("<!doctype html>")
                .contains("dt.json on gt.json", "data:image/jpeg;base64,", "Where AP is lost")
                .contains("&lt;script")
                .doesNotContain("<script", "<link", "@import", "url(");
        assertThat(html).doesNotContainPattern("<[^>]*\\b(src|href)=(?!\"data:)");
        // errors, curves, confusion, reliability, and the image that there is
        assertThat(Drawings.count(html)).isEqualTo(5);
        assertThat(html).contains("no such file");
    }

    @Test
    void withoutCategoriesThereIsAReportToo() {
        Path file = folder.resolve("report.html");
        CommandRun run = evaluate("--report=" + file, "--class-agnostic");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(file).content().contains("mean", "any");
    }

    @Test
    void unusableOptionsAreRefusedBeforeTheWork() {
        assertRefused(evaluate("--analysis=" + folder.resolve("a"), "--analysis-iou=7"), "(0, 1]");
        assertRefused(evaluate("--analysis-iou=0.05"), "background IoU");
        assertRefused(evaluate("--beta=-1"), "beta");
        assertRefused(evaluate("--report=" + folder.resolve("none/r.html")), "none");
        assertRefused(evaluate("--images=" + folder.resolve("none")), "no such image folder");
        assertThat(folder.resolve("a")).doesNotExist();
    }

    private static void assertRefused(CommandRun run, String part) {
        assertThat(run.status()).as(run.errors().toString()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(part);
        assertThat(run.out()).isEmpty();
    }
}
