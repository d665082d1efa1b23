package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.json.CocoFormatException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class DatasetCommandTest {

    @TempDir Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Exception thrown;

    /** A large file has more single warnings than are printed. */
    @Test
    void errorsAndWhatIsWrongWithTheWholeFileAreToldFirst() throws IOException {
        Files.writeString(
                folder.resolve("a.json"),
                """
                {"images": [{"id": 1, "file_name": "a.jpg", "width": 90, "height": 80}],
                 "categories": [{"id": 1, "name": "cat"}],
                 "annotations": [
                  {"id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 40, 80, 70], "area": 9,
                   "iscrowd": 0},
                  {"id": 2, "image_id": 1, "category_id": 2, "bbox": [60, 30, 80, 70], "area": 9,
                   "iscrowd": 0}]}
                """);

        assertThat(run("check", "--annotations", path("a.json"), "--max-lines", "3")).isEqualTo(2);
        assertThat(out.toString().lines().limit(3))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("error: annotations[1]"),
                        line ->
                                assertThat(line)
                                        .contains("1 of 2 annotations have the category_id"),
                        line -> assertThat(line).contains("seem to be x1, y1, x2, y2"));
    }

    @Test
    void whatIsSynthesizedPassesTheCheckAndHasStatistics() throws IOException {
        assertThat(
                        run(
                                "synthesize",
                                "--output",
                                path("s"),
                                "--train-images",
                                "12",
                                "--val-images",
                                "3",
                                "--width",
                                "128"))
                .isZero();
        assertThat(out.toString()).contains("train: 12 images").contains("val: 3 images");
        assertThat(CocoDataset.read(folder.resolve("s/annotations/instances_val.json")).images())
                .hasSize(3);

        String annotations = path("s/annotations/instances_train.json");
        assertThat(run("check", "--annotations", annotations, "--images", path("s/train")))
                .isZero();
        assertThat(out.toString()).contains("0 errors");

        assertThat(
                        run(
                                "stats",
                                "--annotations",
                                annotations,
                                "--min-size",
                                "96",
                                "--max-size",
                                "64"))
                .isEqualTo(2);
        assertThat(run("stats", "--annotations", annotations, "--min-size", "96")).isEqualTo(2);
        assertThat(
                        run(
                                "stats",
                                "--annotations",
                                annotations,
                                "--min-size",
                                "96",
                                "--max-size",
                                "128",
                                "--json",
                                path("s.json")))
                .isZero();
        assertThat(out.toString()).contains("ellipse").contains("images on 96x128");
        JsonObject json =
                JsonParser.parseString(Files.readString(folder.resolve("s.json")))
                        .getAsJsonObject();
        assertThat(json.get("images").getAsInt()).isEqualTo(12);
        assertThat(json.getAsJsonArray("categories")).hasSize(5);
        assertThat(json.getAsJsonObject("canvas").getAsJsonObject("pixels").has("aspect_ratio"))
                .isTrue();
    }

    @Test
    void theCheckNamesEachImageThatIsMissingUnreadableOrOfAnotherSize() throws IOException {
        Path images = Files.createDirectory(folder.resolve("images"));
        ImageIO.write(
                new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB),
                "png",
                images.resolve("good.png").toFile());
        byte[] png = Files.readAllBytes(images.resolve("good.png"));
        Files.write(images.resolve("cut.png"), Arrays.copyOf(png, png.length / 2));
        Files.writeString(images.resolve("text.png"), "no image");
        Files.write(folder.resolve("outside.png"), png);
        Path annotations = folder.resolve("a.json");
        CocoDataset.of(
                        List.of(
                                new CocoImage(1, "good.png", 40, 30),
                                new CocoImage(2, "absent.png", 40, 30),
                                new CocoImage(3, "cut.png", 40, 30),
                                new CocoImage(4, "text.png", 40, 30),
                                new CocoImage(5, "good.png", 30, 40),
                                new CocoImage(6, "../outside.png", 40, 30)),
                        List.of(new CocoCategory(1, "thing", "")),
                        List.of(new CocoAnnotation(1, 1, 1, new Box(0, 0, 4, 0), 0, false)))
                .write(annotations);

        assertThat(
                        run(
                                "check",
                                "--annotations",
                                annotations.toString(),
                                "--images",
                                images.toString(),
                                "--decode"))
                .isEqualTo(2);

        String[] lines = out.toString().split("\\R");
        assertThat(lines).hasSize(7);
        assertThat(lines[0]).startsWith("error: images[1] (id 2)").contains("absent.png");
        assertThat(lines[1]).startsWith("error: images[2] (id 3)").contains("cut.png");
        assertThat(lines[2]).startsWith("error: images[3] (id 4)").contains("text.png");
        assertThat(lines[3])
                .startsWith("error: images[4] (id 5): ")
                .endsWith("good.png: the file has 40x30 pixels, the annotations say 30x40");
        assertThat(lines[4]).startsWith("error: images[5] (id 6)").contains("../outside.png");
        assertThat(lines[5]).startsWith("warning: annotations[0] (id 1)").contains("has no area");
        assertThat(lines[6]).endsWith("5 errors, 1 warnings");
        assertThat(run("check", "--annotations", annotations.toString())).isZero();
        run(
                "check",
                "--annotations",
                annotations.toString(),
                "--images",
                images.toString(),
                "--max-lines",
                "2");
        assertThat(out.toString().split("\\R"))
                .hasSize(5)
                .contains("and 3 more; --max-lines shows them") // a cut file has a header
                .contains(
                        "Only the headers of the images were read; --decode reads their pixels"
                                + " too.");
    }

    @Test
    void theCheckListsAllErrorsOfTheAnnotations() throws IOException {
        Path annotations =
                Files.writeString(
                        folder.resolve("a.json"),
                        """
                        {"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9},
                                    {"id": 1, "file_name": "b.png", "width": 9, "height": 9}],
                         "categories": [{"id": 1, "name": "x"}],
                         "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0}]}
                        """);

        assertThat(
                        run(
                                "check",
                                "--annotations",
                                annotations.toString(),
                                "--images",
                                path("absent")))
                .isEqualTo(2);

        assertThat(out.toString())
                .contains("error: images[1] (id 1)")
                .contains("error: annotations[0] (id 1): image_id 7")
                .contains("images were not checked");
    }

    @Test
    void vocIsConverted() throws IOException {
        Path xml = Files.createDirectory(folder.resolve("xml"));
        Files.writeString(
                xml.resolve("a.xml"),
                "<annotation><filename>a.jpg</filename><size><width>9</width><height>8</height></size><object><name>cat</name><bndbox>"
                        + "<xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>6</ymax></bndbox></object></annotation>");

        assertThat(
                        run(
                                "convert",
                                "--from",
                                "voc",
                                "--annotations",
                                xml.toString(),
                                "--output",
                                path("a.json"),
                                "--one-based",
                                "--categories",
                                "dog,cat"))
                .isZero();

        assertThat(out.toString()).contains("1 images, 1 annotations, 2 categories");
        assertThat(CocoDataset.read(folder.resolve("a.json")).annotations())
                .containsExactly(new CocoAnnotation(1, 1, 2, new Box(0, 1, 4, 5), 20, false));
        assertThat(
                        run(
                                "convert",
                                "--from",
                                "morse",
                                "--annotations",
                                xml.toString(),
                                "--output",
                                path("b.json")))
                .isEqualTo(2);
        assertThat(folder.resolve("b.json")).doesNotExist();
    }

    @Test
    void filesThatCannotBeReadAreCheckedExceptions() {
        assertThat(run("stats", "--annotations", path("absent.json"))).isNotZero();
        assertThat(thrown)
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("absent.json");
        run("convert", "--from", "voc", "--annotations", path("absent"), "--output", path("x"));
        assertThat(thrown).isInstanceOf(IOException.class).hasMessageContaining("absent");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--train-images=-1", "--width=10", "--height=5000", "--seed=x"})
    void synthesizeRefusesWhatIsOutOfRange(String option) {
        assertThat(run("synthesize", "--output", path("s"), option)).isEqualTo(2);
        assertThat(err.toString()).contains(option.substring(0, option.indexOf('=')));
        assertThat(folder.resolve("s")).doesNotExist();
    }

    @Test
    void withoutASubcommandTheChoicesAreNamed() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString())
                .contains("check, stats, convert, split, merge, filter, remap or synthesize");
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    /** Runs a command afresh; its exit status. */
    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        thrown = null;
        return commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler(
                        (exception, command, result) -> {
                            thrown = exception;
                            return 1;
                        })
                .execute(arguments);
    }

    private static CommandLine commandLine() {
        return new CommandLine(new DatasetCommand()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Test
    void theCheckTellsOfOrientationsAndWarnsWhereTheAnnotationsDoNot() throws IOException {
        Path images = Files.createDirectory(folder.resolve("images"));
        BufferedImage picture = new BufferedImage(30, 40, BufferedImage.TYPE_INT_RGB);
        ImageIO.write(picture, "jpg", images.resolve("plain.jpg").toFile());
        byte[] jpeg = Files.readAllBytes(images.resolve("plain.jpg"));
        for (int orientation : new int[] {3, 6}) {
            ByteBuffer turned = ByteBuffer.allocate(jpeg.length + 36);
            turned.put(jpeg, 0, 2).putShort((short) 0xffe1).putShort((short) 34);
            turned.put("Exif\0\0MM\0*".getBytes(StandardCharsets.ISO_8859_1)).putInt(8);
            turned.putShort((short) 1).putInt(274 << 16 | 3).putInt(1).putInt(orientation << 16);
            turned.putInt(0).put(jpeg, 2, jpeg.length - 2);
            Files.write(images.resolve(orientation + ".jpg"), turned.array());
        }
        Path annotations = folder.resolve("a.json");
        List<CocoCategory> categories = List.of(new CocoCategory(1, "thing", ""));
        List<CocoAnnotation> boxes =
                List.of(new CocoAnnotation(1, 1, 1, new Box(0, 0, 4, 4), 16, false));
        CocoDataset.of(List.of(new CocoImage(1, "6.jpg", 40, 30)), categories, boxes)
                .write(annotations);
        String[] check = {
            "check", "--annotations", annotations.toString(), "--images", images.toString()
        };
        assertThat(run(check)).isZero();
        assertThat(out.toString())
                .contains("1 images have an EXIF orientation: 1 turned upright, 0 taken as stored")
                .endsWith("0 errors, 0 warnings" + System.lineSeparator());

        CocoDataset.of(List.of(new CocoImage(1, "3.jpg", 30, 40)), categories, boxes)
                .write(annotations);
        assertThat(run(check)).isZero();
        assertThat(out.toString())
                .contains("warning: 1 images have an EXIF orientation: 1 turned upright")
                .contains("--orientation stored")
                .endsWith("0 errors, 1 warnings" + System.lineSeparator());
    }
}
