package dev.fern.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Shapes;
import dev.fern.cocoeval.SyntheticCoco;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.tools.CommandRun;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fern evaluate} and {@code fern compare} with {@code --iou-type}. */
class EvaluateShapesTest {
    @TempDir Path folder;

    private CommandRun run(String command, String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.add(command);
        arguments.add("--annotations=" + folder.resolve("gt.json"));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private String detections() {
        return "--detections=" + folder.resolve("dt.json");
    }

    private void write(CocoDataset dataset, CocoResults results) throws IOException {
        dataset.write(folder.resolve("gt.json"));
        results.write(folder.resolve("dt.json"));
        for (CocoImage image : dataset.images()) {
            ImageIO.write(
                    new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB),
                    "jpg",
                    folder.resolve(image.fileName()).toFile());
        }
    }

    private void writeMasks() throws IOException {
        SyntheticCoco coco = SyntheticCoco.generate(7, 4, 3, 20, 60).withMasks(7);
        write(coco.dataset(), coco.results());
    }

    private void writePeople() throws IOException {
        CocoDataset boxes = SyntheticCoco.generate(8, 4, 1, 20, 0).dataset();
        Random random = new Random(8);
        List<Keypoints> people = new ArrayList<>();
        boxes.annotations()
                .forEach(
                        person -> {
                            double[] numbers = new double[51];
                            for (int i = 0; i < 51; i += 3) {
                                double width = person.box().width();
                                numbers[i] = person.box().x() + random.nextDouble() * width;
                                numbers[i + 1] = person.box().y() + i;
                                numbers[i + 2] = 2;
                            }
                            people.add(Keypoints.of(numbers));
                        });
        CocoDataset dataset = boxes.with(Shapes.ofKeypoints(people));
        CocoResults.Builder found = CocoResults.builder(dataset);
        for (int i = 0; i < people.size(); i++) {
            double[] numbers = people.get(i).numbers();
            for (int n = 0; n < numbers.length; n++) {
                numbers[n] += i % 3 * 4 * random.nextGaussian();
            }
            long image = dataset.annotations().get(i).imageId();
            found.add(image, 1, Keypoints.of(numbers), random.nextDouble());
        }
        write(dataset, found.build());
    }

    @Test
    void masksAreEvaluatedAnalysedAndDrawn() throws IOException {
        writeMasks();
        Path json = folder.resolve("numbers.json");
        Path analysis = folder.resolve("analysis.json");
        Path report = folder.resolve("report.html");
        CommandRun masks =
                run(
                        "evaluate",
                        detections(),
                        "--iou-type=segm",
                        "--json=" + json,
                        "--analysis=" + analysis,
                        "--report=" + report,
                        "--images=" + folder);
        assertThat(masks.status()).as(masks.errors().toString()).isZero();
        JsonObject stats =
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .getAsJsonObject("stats");
        assertThat(stats.size()).isEqualTo(12);
        double ap = stats.get("AP").getAsDouble();
        assertThat(ap).isBetween(0.01, 0.99);
        double tide =
                JsonParser.parseString(Files.readString(analysis))
                        .getAsJsonObject()
                        .getAsJsonObject("tide")
                        .get("AP")
                        .getAsDouble();
        assertThat(tide).isCloseTo(stats.get("AP50").getAsDouble(), within(1e-12));
        assertThat(Files.readString(report)).contains("<path class=\"shape wrong\" d=\"M");

        CommandRun boxes = run("evaluate", detections());
        assertThat(boxes.status()).isZero();
        assertThat(boxes.out()).isNotEqualTo(masks.out());
    }

    @Test
    void keypointsHaveTenNumbers() throws IOException {
        writePeople();
        Path report = folder.resolve("report.html");
        CommandRun people =
                run(
                        "evaluate",
                        detections(),
                        "--iou-type=keypoints",
                        "--per-category",
                        "--report=" + report,
                        "--images=" + folder);
        assertThat(people.status()).as(people.errors().toString()).isZero();
        assertThat(people.out().lines().limit(10)).allMatch(line -> line.contains("maxDets= 20 ]"));
        assertThat(Files.readString(report)).contains("<circle class=\"shape ");
        CommandRun wide = run("evaluate", detections(), "--iou-type=keypoints", "--sigmas=0.5");
        assertThat(wide.out()).contains("all | maxDets= 20 ] = 1.000");
    }

    @Test
    void masksAndKeypointsAreCompared() throws IOException {
        writeMasks();
        String file = folder.resolve("dt.json").toString();
        CommandRun masks = run("compare", file, file, "--iou-type=segm", "--resamples=40");
        assertThat(masks.status()).as(masks.errors().toString()).isZero();
        assertThat(masks.out()).contains("AR100 ", "+0.000");
        writePeople();
        CommandRun people = run("compare", file, file, "--iou-type=keypoints", "--resamples=40");
        assertThat(people.status()).as(people.errors().toString()).isZero();
        assertThat(people.out()).contains("AR75 ").doesNotContain("AR100");
    }

    @Test
    void whatDoesNotFitIsRefusedInOneLine() throws IOException {
        writeMasks();
        CommandRun none = run("evaluate", detections(), "--iou-type=keypoints");
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.complaints()).singleElement().asString().contains("num_keypoints");
        CommandRun sigmas = run("evaluate", detections(), "--iou-type=segm", "--sigmas=0.1");
        assertThat(sigmas.status()).isEqualTo(2);
        assertThat(sigmas.complaints()).singleElement().asString().contains("--iou-type keypoints");
        CommandRun type = run("evaluate", detections(), "--iou-type=masks");
        assertThat(type.status()).isEqualTo(2);
        assertThat(type.complaints())
                .singleElement()
                .asString()
                .contains("box, segm and keypoints");
        CommandRun model =
                run("evaluate", "--model=" + folder, "--images=" + folder, "--iou-type=segm");
        assertThat(model.status()).isEqualTo(2);
        assertThat(model.complaints()).singleElement().asString().contains("--detections");
    }
}
