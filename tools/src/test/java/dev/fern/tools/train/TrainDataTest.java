package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways to name the data of a training, and what their pictures' orientations make of it. */
class TrainDataTest {

    @TempDir static Path data;

    @TempDir Path folder;

    @BeforeAll
    static void synthesize() throws IOException {
        ShapesSynthesizer shapes = new ShapesSynthesizer(96, 64, 5);
        shapes.write(data, Split.TRAIN, 4);
        shapes.write(data, Split.VAL, 2);
    }

    private static Path annotations(String split) {
        return data.resolve("annotations/instances_" + split + ".json");
    }

    private String[] fourOptions() {
        return new String[] {
            "--train-annotations=" + annotations("train"),
            "--train-images=" + data.resolve("train"),
            "--val-annotations=" + annotations("val"),
            "--val-images=" + data.resolve("val")
        };
    }

    private CommandRun train(Path output, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--backbone=resnet18",
                                "--width=0.125",
                                "--min-size=64",
                                "--max-size=64",
                                "--batch-size=2",
                                "--epochs=1",
                                "--engine=" + System.getProperty("ai.djl.default_engine", "MXNet"),
                                "--output=" + output));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    /** Returns the losses of all steps, with all digits. */
    private static List<String> losses(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .filter(line -> line.has("classification"))
                .map(line -> line.get("classification") + " " + line.get("regression"))
                .toList();
    }

    @Test
    void oneFileNamesWhatFourOptionsDo() throws IOException {
        Path json =
                Files.writeString(
                        data.resolve("data.json"),
                        """
                        {"train": {"annotations": "annotations/instances_train.json",
                                   "images": "train"},
                         "val": {"annotations": "annotations/instances_val.json", "images": "val"}}
                        """);
        Path four = folder.resolve("four");
        Path one = folder.resolve("one");
        assertThat(train(four, fourOptions()).status()).isZero();
        CommandRun run = train(one, "--data=" + json);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(losses(one)).hasSize(2).isEqualTo(losses(four));
        assertThat(one.resolve("data.json")).hasSameTextualContentAs(four.resolve("data.json"));
    }

    @Test
    void aYoloDataSetIsTrainedOnAsItIs() throws IOException {
        Path yolo = folder.resolve("yolo");
        CommandRun converted =
                CommandRun.of(
                        "dataset",
                        "convert",
                        "--from=coco",
                        "--to=yolo",
                        "--annotations=" + annotations("train"),
                        "--images=" + data.resolve("train"),
                        "--output=" + yolo);
        assertThat(converted.status()).as(converted.errors().toString()).isZero();
        Path images = Files.createDirectories(yolo.resolve("images/train"));
        for (CocoImage image : CocoDataset.read(annotations("train")).images()) {
            Files.copy(
                    data.resolve("train").resolve(image.fileName()),
                    images.resolve(image.fileName()));
        }
        Path run = folder.resolve("run");
        CommandRun trained = train(run, "--data=" + yolo.resolve("data.yaml"));
        assertThat(trained.status()).as(trained.errors().toString()).isZero();
        assertThat(trained.errors())
                .contains("training on 4 images, validating on 4, 5 categories");
        CommandRun report = CommandRun.of("report", run.toString());
        assertThat(report.status()).isZero();
        assertThat(report.errors()).noneMatch(line -> line.startsWith("warning"));
    }

    @Test
    void aTrainingNeedsNoValidationImages() throws IOException {
        Path run = folder.resolve("run");
        String[] two = {fourOptions()[0], fourOptions()[1]};
        CommandRun trained = train(run, two);
        assertThat(trained.status()).as(trained.errors().toString()).isZero();
        assertThat(trained.errors())
                .contains("training on 4 images, without validation images, 5 categories");
        assertThat(trained.out()).startsWith("model: " + run.resolve("last"));
        assertThat(run.resolve("best")).doesNotExist();
        assertThat(run.resolve("ap.png")).doesNotExist();

        CommandRun resumed = train(run, two[0], two[1], "--resume");
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        CommandRun report = CommandRun.of("report", run.toString());
        assertThat(report.status()).as(report.errors().toString()).isZero();

        CommandRun patient = train(folder.resolve("other"), two[0], two[1], "--patience=2");
        assertThat(patient.status()).isEqualTo(2);
        assertThat(patient.complaints()).singleElement().asString().contains("--patience");
    }

    @Test
    void optionsThatDoNotFitTogetherAreRefused() {
        String[] four = fourOptions();
        assertRefused("leave out --val-images", "--data=x.json", four[3]);
        assertRefused("or --data", four[2], four[3]);
        assertRefused("--val-annotations", four[0], four[1], four[3]);
        assertRefused("absent.json", "--data=absent.json");
    }

    private void assertRefused(String problem, String... options) {
        CommandRun run = train(folder.resolve("refused"), options);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(problem);
        assertThat(folder.resolve("refused")).doesNotExist();
    }

    /** Boxes on upright pictures train on the same pixels however the files are stored. */
    @Test
    void picturesThatAreStoredTurnedAreTrainedOnAsTheUprightOnes() throws IOException {
        Path upright = Files.createDirectory(folder.resolve("upright"));
        Path turned = Files.createDirectory(folder.resolve("turned"));
        JsonObject coco =
                JsonParser.parseString(Files.readString(annotations("train"))).getAsJsonObject();
        JsonArray images = coco.getAsJsonArray("images");
        for (int i = 0; i < images.size(); i++) {
            JsonObject image = images.get(i).getAsJsonObject();
            Path file = data.resolve("train").resolve(image.get("file_name").getAsString());
            image.addProperty("file_name", i + ".png");
            BufferedImage picture = ImageIO.read(file.toFile());
            Files.write(upright.resolve(i + ".png"), png(picture));
            Files.write(turned.resolve(i + ".png"), turnedPng(picture, i % 2 == 0 ? 3 : 6));
        }
        Path annotations = Files.writeString(folder.resolve("coco.json"), coco.toString());
        String named = "--train-annotations=" + annotations;
        Path plain = folder.resolve("plain");
        Path auto = folder.resolve("auto");
        assertThat(train(plain, named, "--train-images=" + upright).status()).isZero();
        CommandRun run = train(auto, named, "--train-images=" + turned);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.errors())
                .anyMatch(
                        line ->
                                line.startsWith(
                                        "4 training images have an EXIF orientation: 4 turned"
                                                + " upright, 0 taken as stored; for 2 turned ones"));
        assertThat(losses(auto)).hasSize(2).isEqualTo(losses(plain));
        assertThat(
                        JsonParser.parseString(Files.readString(auto.resolve("run.json")))
                                .getAsJsonObject()
                                .getAsJsonObject("train")
                                .get("turnedCount")
                                .getAsInt())
                .isEqualTo(4);

        CommandRun stored =
                train(
                        folder.resolve("stored"),
                        named,
                        "--train-images=" + turned,
                        "--orientation=stored");
        assertThat(stored.status()).isEqualTo(2);
        assertThat(stored.complaints()).singleElement().asString().contains("EXIF orientation 6");
    }

    private static byte[] png(BufferedImage picture) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(picture, "png", out);
        return out.toByteArray();
    }

    /** Returns a PNG that is stored upside down (3) or lying on its left side (6), and says so. */
    private static byte[] turnedPng(BufferedImage picture, int orientation) throws IOException {
        int width = picture.getWidth();
        int height = picture.getHeight();
        boolean lies = orientation == 6;
        BufferedImage stored =
                new BufferedImage(
                        lies ? height : width, lies ? width : height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                stored.setRGB(
                        lies ? y : width - 1 - x,
                        lies ? width - 1 - x : height - 1 - y,
                        picture.getRGB(x, y));
            }
        }
        byte[] exif = {
            'e',
            'X',
            'I',
            'f',
            'M',
            'M',
            0,
            '*',
            0,
            0,
            0,
            8,
            0,
            1,
            1,
            18,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            (byte) orientation,
            0,
            0,
            0,
            0,
            0,
            0
        };
        CRC32 crc = new CRC32();
        crc.update(exif);
        byte[] whole = png(stored);
        int afterHeader = 33;
        return ByteBuffer.allocate(whole.length + exif.length + 8)
                .put(whole, 0, afterHeader)
                .putInt(exif.length - 4)
                .put(exif)
                .putInt((int) crc.getValue())
                .put(whole, afterHeader, whole.length - afterHeader)
                .array();
    }
}
