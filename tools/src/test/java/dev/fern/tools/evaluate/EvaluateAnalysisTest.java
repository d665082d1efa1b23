package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.CommandRun;
import dev.fern.tools.report.Drawings;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** The dark corner is in the lower right of the pixels and in the upper left when upright. */
    @ParameterizedTest
    @CsvSource({"auto, true", "stored, false"})
    void theReportDrawsImagesAsTheOptionHasThem(String orientation, boolean upright)
            throws IOException {
        BufferedImage stored = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 60 * 40; i++) {
            stored.setRGB(i % 60, i / 60, i % 60 >= 30 && i / 60 >= 20 ? 0 : 0xffffff);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(stored, "png", png);
        Files.write(folder.resolve("1.png"), turned(png.toByteArray()));
        Path page = folder.resolve("page.html");

        CommandRun run =
                evaluate(
                        "--analysis-score=0.5",
                        "--report=" + page,
                        "--images=" + folder,
                        "--orientation=" + orientation);

        assertThat(run.status()).as(run.errors().toString()).isZero();
        Matcher drawn =
                Pattern.compile("data:image/jpeg;base64,([^\"]+)\"")
                        .matcher(Files.readString(page));
        assertThat(drawn.find()).isTrue();
        BufferedImage picture =
                ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(drawn.group(1))));
        int corner = picture.getRGB(picture.getWidth() / 8, picture.getHeight() / 8) & 0xff;
        assertThat(corner < 128).isEqualTo(upright);
    }

    /** Puts an EXIF block into a PNG that says that it is stored turned by 180 degrees. */
    private static byte[] turned(byte[] png) {
        byte[] chunk =
                ByteBuffer.allocate(4 + 22)
                        .put("eXIfII*\0".getBytes(StandardCharsets.US_ASCII))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(8)
                        .putShort((short) 1)
                        .putShort((short) 274)
                        .putShort((short) 3)
                        .putInt(1)
                        .putShort((short) 3)
                        .array();
        CRC32 crc = new CRC32();
        crc.update(chunk);
        return ByteBuffer.allocate(png.length + chunk.length + 8)
                .put(png, 0, 33)
                .putInt(chunk.length - 4)
                .put(chunk)
                .putInt((int) crc.getValue())
                .put(png, 33, png.length - 33)
                .array();
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
