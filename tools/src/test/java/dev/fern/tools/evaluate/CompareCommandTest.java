package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On one image with one object that A does not find and B does. */
class CompareCommandTest {

    @TempDir Path folder;

    private String annotations;
    private String worse;
    private String better;

    @BeforeEach
    void write() throws IOException {
        Box box = new Box(10, 10, 50, 50);
        annotations = "--annotations=" + folder.resolve("gt.json");
        worse = folder.resolve("a.json").toString();
        better = folder.resolve("b.json.gz").toString();
        CocoDataset.of(
                        List.of(new CocoImage(1, "1.jpg", 640, 480)),
                        List.of(new CocoCategory(1, "cat", "")),
                        List.of(new CocoAnnotation(1, 1, 1, box, 2500, false)))
                .write(folder.resolve("gt.json"));
        CocoResults.builder().add(1, 1, new Box(300, 300, 9, 9), 0.5).build().write(Path.of(worse));
        CocoResults.builder().add(1, 1, box, 0.5).build().write(Path.of(better));
    }

    @Test
    void resultsOfFewOfTheImagesAreToldOfByBothCommands() throws IOException {
        List<CocoImage> images = new ArrayList<>();
        List<CocoAnnotation> objects = new ArrayList<>();
        for (int i = 1; i <= 87; i++) {
            images.add(new CocoImage(i, i + ".jpg", 640, 480));
            objects.add(new CocoAnnotation(i, i, 1, new Box(10, 10, 50, 50), 2500, false));
        }
        Path truth = folder.resolve("many.json");
        CocoDataset.of(images, List.of(new CocoCategory(1, "cat", "")), objects).write(truth);
        Path ten = found(1, 10);
        Path most = found(5, 87);
        CommandRun run =
                CommandRun.of(
                        "compare",
                        "--annotations=" + truth,
                        "--resamples=99",
                        ten.toString(),
                        most.toString());
        assertThat(run.out())
                .contains(
                        ten + ", with detections in 10 of 87 images",
                        most + ", with detections in 83 of 87 images");
        assertThat(run.errors())
                .containsExactly(
                        "warning: "
                                + ten
                                + ": has detections in 10 of 87 images; every object of the other"
                                + " 77 counts as missed");
        run = CommandRun.of("evaluate", "--annotations=" + truth, "--detections=" + ten);
        assertThat(run.errors()).anyMatch(line -> line.contains("10 of 87 images"));
        Path parameters = Files.writeString(folder.resolve("p.json"), "{\"imgIds\": [1, 2, 3]}");
        run =
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + truth,
                        "--detections=" + ten,
                        "--parameters=" + parameters);
        assertThat(run.errors()).noneMatch(line -> line.contains("counts as missed"));
    }

    /** Returns a file with a detection in each image from the first to the last. */
    private Path found(int first, int last) throws IOException {
        CocoResults.Builder results = CocoResults.builder();
        for (int i = first; i <= last; i++) {
            results.add(i, 1, new Box(10, 10, 50, 50), 0.5);
        }
        Path file = folder.resolve(first + "-" + last + ".json");
        results.build().write(file);
        return file;
    }

    @Test
    void theDifferencesAreThoseWorkedOutByHand() throws IOException {
        Path json = folder.resolve("numbers.json");
        CommandRun run =
                CommandRun.of(
                        "compare", annotations, worse, better, "--resamples=99", "--json=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out())
                .contains("1 images, 99 resamples, seed 1, intervals of confidence 0.95")
                .containsPattern(
                        "(?m)^AP +0.000 +1.000 +\\+1.000 +\\[\\+1.000, \\+1.000\\] +0.020$")
                .containsPattern("(?m)^APs +-1.000 +-1.000 +-$")
                .containsPattern("(?m)^AP50 cat +0.000 +1.000 ");
        JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(root.getAsJsonObject("stats").keySet()).hasSize(12);
        JsonObject ap = root.getAsJsonObject("stats").getAsJsonObject("AP");
        assertThat(ap.get("a").getAsDouble()).isEqualTo(0);
        // none of the 99 differences, all 1, is at most 0
        assertThat(ap.get("p").getAsDouble()).isEqualTo(2 / 100.0);
        assertThat(ap.get("resamples").getAsInt()).isEqualTo(99);
        JsonObject small = root.getAsJsonObject("stats").getAsJsonObject("APs");
        assertThat(small.get("a").getAsDouble()).isEqualTo(-1);
        assertThat(small.get("difference").isJsonNull()).isTrue();
        JsonObject cat = root.getAsJsonArray("per_category").get(0).getAsJsonObject();
        assertThat(cat.getAsJsonObject("stats").keySet()).containsExactly("AP", "AP50");
    }

    @Test
    void theReportDrawsEveryDifferenceThatIsDefined() throws IOException {
        Path report = folder.resolve("report.html");
        CommandRun run =
                CommandRun.of(
                        "compare",
                        annotations,
                        worse,
                        better,
                        "--resamples=99",
                        "--report=" + report);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        String html = Files.readString(report);
        assertThat(html).doesNotContain("<script").doesNotContain("http:");
        // all but APs and ARs, APl and ARl: the object is of medium size; and the category's AP;
        // for wide screens and for phones
        assertThat(html.split("<circle", -1)).hasSize(1 + 2 * (12 - 4 + 1));
        String greenPoint = "r=\"5\" fill=\"#00a878\"/>"; // the whole interval is above 0
        assertThat(html).contains(greenPoint).contains("+1.000").contains(">cat<");
        assertThat(
                        CommandRun.of("compare", annotations, worse, better, "--report=" + worse)
                                .errors())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--iou-thresholds=NaN",
                "--iou-thresholds=0.5,5",
                "--iou-thresholds=-1",
                "--max-detections=1,10,-1",
                "--max-detections=0",
                "--resamples=10",
                "--confidence=95"
            })
    void optionsThatMakeNoSenseAreRefused(String option) {
        assertRefused(CommandRun.of("compare", annotations, worse, better, option));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--iou-thresholds=NaN", "--iou-thresholds=5", "--max-detections=-1"})
    void evaluateRefusesThemToo(String option) {
        assertRefused(CommandRun.of("evaluate", annotations, "--detections=" + worse, option));
    }

    @Test
    void aFileOfParametersIsTakenAtItsWordAndWrittenBackAsItWas() throws IOException {
        Path parameters = folder.resolve("parameters.json");
        Files.writeString(parameters, "{\"iouThrs\": [NaN, 0.5]}");
        Path json = folder.resolve("numbers.json");
        CommandRun run =
                CommandRun.of(
                        "evaluate",
                        annotations,
                        "--detections=" + better,
                        "--parameters=" + parameters,
                        "--json=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(
                        root.getAsJsonObject("parameters")
                                .getAsJsonArray("iouThrs")
                                .get(0)
                                .getAsDouble())
                .isNaN();
    }

    @Test
    void whichFileIsBadIsSaid() throws IOException {
        String missing = folder.resolve("none.json").toString();
        assertThat(assertRefused(CommandRun.of("compare", annotations, worse, missing)))
                .contains("none.json");
        String damaged = Files.writeString(folder.resolve("cut.json"), "[{").toString();
        assertThat(assertRefused(CommandRun.of("compare", annotations, damaged, better)))
                .contains("cut.json");
        String two = "--max-detections=1,10";
        assertThat(assertRefused(CommandRun.of("compare", annotations, worse, better, two)))
                .contains("three maxDets");
    }

    private static String assertRefused(CommandRun run) {
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).hasSize(1);
        assertThat(run.out()).isEmpty();
        return run.complaints().get(0);
    }
}
