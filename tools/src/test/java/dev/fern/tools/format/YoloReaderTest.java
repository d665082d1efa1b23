package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.ImageHeaders;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class YoloReaderTest {

    @TempDir Path folder;

    /** The example of ultralytics' documentation, with its folders. */
    @Test
    void aDataYamlIsReadAsUltralyticsReadsIt() throws IOException {
        yaml(
                """
                # COCO8
                path: ../coco8 # dataset root dir
                train: images/train # train images (relative to 'path') 4 images
                val: images/val
                test: # test images (optional)

                names:
                  0: person
                  1: traffic light
                  2: 'no'

                download: https://example.com/coco8.zip
                """);
        image("images/train/a.png", 100, 50);
        image("images/train/sub/b.png", 10, 10);
        image("images/val/c.png", 8, 8);
        write("labels/train/a.txt", "1 0.5 0.5 0.2 0.4\r\n2 0.25 0.5 0.5 1\r\n\r\n");
        write("labels/train/sub/b.txt", "0 0 0 0.5 0 0.5 0.5\n");

        AnnotatedDataset all = read("data.yaml", Optional.empty());
        AnnotatedDataset train = read("data.yaml", Optional.of("train"));

        assertThat(all.categories()).containsExactly("person", "traffic light", "no");
        assertThat(all.images())
                .extracting(AnnotatedImage::fileName)
                .containsExactly("train/a.png", "train/sub/b.png", "val/c.png");
        assertThat(all.notes()).contains("1 of 3 images have no label file and so no objects");
        assertThat(train.images())
                .extracting(AnnotatedImage::fileName)
                .containsExactly("a.png", "sub/b.png");
        AnnotatedImage a = train.images().get(0);
        assertThat(a.size()).contains(new ImageSize(100, 50));
        assertThat(a.objects())
                .containsExactly(
                        new AnnotatedObject(
                                "traffic light", new Box(40, 15, 20, 20), 400, false, List.of()),
                        new AnnotatedObject("no", new Box(0, 0, 50, 50), 2500, false, List.of()));
        AnnotatedObject triangle = train.images().get(1).objects().get(0);
        assertThat(triangle.box()).isEqualTo(new Box(0, 0, 5, 5));
        assertThat(triangle.area()).isEqualTo(12.5);
        assertThat(triangle.outline().get(0).points()).containsExactly(0, 0, 5, 0, 5, 5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train: images\\nnames: [cat, \"a, b\"]\\nnc: 2",
                "train: ../images\\nval: ../images\\nnames: ['cat', 'a, b']",
                "path: C:\\\\gone\\ntrain: [images]\\nnames: {1: 'a, b', 0: cat}",
                "train: list.txt\\nnames:\\n- cat\\n- 'a, b'",
                "train: .\\nnames: [cat, 'a, b']"
            })
    void aDataYamlNamesItsImagesInManyWays(String text) throws IOException {
        yaml("\uFEFF" + text.replace("\\n", "\r\n").replace("\\\\", "\\"));
        image("images/a.png", 10, 10);
        write("labels/a.txt", "1 0.5 0.5 1 1\n");
        write("list.txt", "./images/a.png\r\n");

        AnnotatedDataset dataset = read("data.yaml", Optional.empty());

        assertThat(dataset.categories()).containsExactly("cat", "a, b");
        assertThat(dataset.images()).hasSize(1);
        assertThat(dataset.images().get(0).objects())
                .extracting(AnnotatedObject::category)
                .containsExactly("a, b");
    }

    @Test
    void onlyTheLastFolderNamedImagesBecomesLabels() throws IOException {
        yaml("train: images/x/images/train\nnames: [cat]");
        image("images/x/images/train/a.png", 10, 10);
        write("images/x/labels/train/a.txt", "0 0.5 0.5 1 1\n");

        assertThat(read("data.yaml", Optional.empty()).objectCount()).isEqualTo(1);
    }

    @Test
    void aFolderWithClassesIsReadToo() throws IOException {
        write("classes.txt", "cat\n猫\n");
        image("images/a.png", 10, 10);
        write("labels/a.txt", "1 0.5 0.5 1 1 0.93\n");
        image("elsewhere/b.png", 10, 10);
        write("labels/b.txt", "0 0.5 0.5 1 1\n");

        assertThat(read("", Optional.empty()).images().get(0).objects())
                .extracting(AnnotatedObject::category)
                .containsExactly("猫");
        YoloReader reader =
                new YoloReader(
                        folder,
                        Optional.of(new ImageHeaders(folder.resolve("elsewhere"))),
                        Optional.empty());
        assertThat(reader.read().images().get(0).fileName()).isEqualTo("b.png");
    }

    @Test
    void keypointsAfterTheBoxAreLeftOut() throws IOException {
        yaml("train: images\nkpt_shape: [2, 3]\nnames: [person]");
        image("images/a.png", 10, 10);
        write("labels/a.txt", "0 0.5 0.5 1 1 0.1 0.1 2 0.2 0.2 1\n");

        AnnotatedObject object =
                read("data.yaml", Optional.empty()).images().get(0).objects().get(0);
        assertThat(object.box()).isEqualTo(new Box(0, 0, 10, 10));
        assertThat(object.outline()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 0.5 0.5 1|line 1 has 4 numbers; a box has 5",
                "0 0.5 x 1 1|line 1 has \"x\", not a number",
                "0 0.5 NaN 1 1|line 1 has \"NaN\", not a number",
                "0 50 50 20 20|line 1 has 20, not a fraction",
                "3 0.5 0.5 1 1|line 1 has category 3, but names has 0 to 0",
                "-1 0.5 0.5 1 1|line 1 begins with -1",
                "0 0.5 0.5 -1 1|line 1 has a box of negative size"
            })
    void faultsNameTheFileAndTheLine(String line, String fault) throws IOException {
        yaml("train: images\nnames: [cat]");
        image("images/a.png", 10, 10);
        write("labels/a.txt", line + "\n");

        assertThatThrownBy(() -> read("data.yaml", Optional.empty()))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining(folder.resolve("labels/a.txt") + ": " + fault);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "names: [cat]\\ntrain: gone|names",
                "names: [cat, cat]\\ntrain: images|twice",
                "names: {0: cat, 2: dog}\\ntrain: images|has no category 1",
                "names: [cat]\\nnc: 2\\ntrain: images|nc is 2, but there are 1 names",
                "train: images|has no names",
                "names: !!javax.script.ScriptEngineManager [x]\\ntrain: images|not YAML",
                "names: [cat|not YAML",
                "just text|it has no fields",
                "names: [cat]\\ntrain: {a: b}|train is not a path",
                "names: [[cat]]\\ntrain: images|not a name"
            })
    void damagedDataYamlsAreRefused(String text, String fault) throws IOException {
        yaml(text.replace("\\n", "\n"));
        image("images/a.png", 10, 10);

        assertThatThrownBy(() -> read("data.yaml", Optional.empty()))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith(folder.resolve("data.yaml").toString())
                .hasMessageContaining(fault);
    }

    @Test
    void yamlThatUnfoldsToGigabytesIsRefused() throws IOException {
        StringBuilder laughs = new StringBuilder("a0: &a0 [ha, ha]\n");
        for (int i = 1; i < 60; i++) {
            laughs.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        yaml(laughs + "names: *a59\n");
        assertThatThrownBy(() -> read("data.yaml", Optional.empty()))
                .isInstanceOf(AnnotationFormatException.class);
        yaml("names: " + "[".repeat(200_000));
        assertThatThrownBy(() -> read("data.yaml", Optional.empty()))
                .isInstanceOf(AnnotationFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data.yaml", ""})
    void labelsThatAreNowhereAreAMistake(String source) throws IOException {
        yaml("train: images\nnames: [cat]");
        image("images/a.png", 10, 10);

        assertThatThrownBy(() -> read(source, Optional.empty()))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("no image has a label file")
                .hasMessageContaining(folder.resolve("labels/a.txt").toString());
    }

    @Test
    void sizesAreThoseOfTheUprightImage() throws IOException {
        yaml("train: images\nnames: [cat]");
        Path file = folder.resolve("images/a.jpg");
        Files.createDirectories(file.getParent());
        ImageIO.write(new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB), "jpg", file.toFile());
        byte[] jpeg = Files.readAllBytes(file);
        // APP1: "Exif", a big-endian TIFF header and one entry, orientation 6.
        byte[] exif = {
            (byte) 0xff,
            (byte) 0xe1,
            0,
            34,
            'E',
            'x',
            'i',
            'f',
            0,
            0,
            'M',
            'M',
            0,
            42,
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
            6,
            0,
            0,
            0,
            0,
            0,
            0
        };
        byte[] turned = new byte[jpeg.length + exif.length];
        System.arraycopy(jpeg, 0, turned, 0, 2);
        System.arraycopy(exif, 0, turned, 2, exif.length);
        System.arraycopy(jpeg, 2, turned, 2 + exif.length, jpeg.length - 2);
        Files.write(file, turned);
        write("labels/a.txt", "0 0.5 0.5 1 1\n");

        assertThat(read("data.yaml", Optional.empty()).images().get(0).size())
                .contains(new ImageSize(20, 40));
    }

    private AnnotatedDataset read(String source, Optional<String> split) throws IOException {
        return new YoloReader(folder.resolve(source), Optional.empty(), split).read();
    }

    private void yaml(String text) throws IOException {
        write("data.yaml", text);
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text, StandardCharsets.UTF_8);
    }

    private void image(String name, int width, int height) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(
                new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
    }
}
