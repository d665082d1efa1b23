package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.CommandRun;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Detection in the images of an annotation file. */
class DetectAnnotatedTest {

    /** An APP1 segment whose one EXIF tag is the orientation 6. */
    private static final byte[] ORIENTATION_6 =
            HexFormat.of()
                    .parseHex(
                            "ffe10022457869660000"
                                    + "4d4d002a00000008"
                                    + "000101120003000000010006000000000000");

    @TempDir static Path folder;

    private static TestModel model;

    @TempDir Path work;

    @BeforeAll
    static void train() throws IOException {
        model = new TestModel(folder);
    }

    /** Writes the lower half of a picture, 64x32 pixels, with an EXIF orientation or without. */
    private Path half(String name, boolean turned) throws IOException {
        BufferedImage picture = ImageIO.read(model.pictures().get(0).toFile());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BufferedImage half = new BufferedImage(64, 32, BufferedImage.TYPE_INT_RGB);
        half.getGraphics().drawImage(picture, 0, -32, null);
        ImageIO.write(half, "jpg", bytes);
        byte[] plain = bytes.toByteArray();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(plain, 0, 2);
        file.write(turned ? ORIENTATION_6 : new byte[0]);
        file.write(plain, 2, plain.length - 2);
        Path path = work.resolve(name);
        Files.createDirectories(path.getParent());
        return Files.write(path, file.toByteArray());
    }

    private Path annotations(String name, int width, int height) throws IOException {
        String text =
                String.format(
                        "{\"images\": [{\"id\": 7, \"file_name\": \"%s\", \"width\": %d, \"height\":"
                                + " %d}], \"annotations\": [], \"categories\": [{\"id\": 1,"
                                + " \"name\": \"a\"}]}",
                        name, width, height);
        return Files.writeString(work.resolve("annotations.json"), text);
    }

    /** What is printed after the name of the file. */
    private static List<String> found(CommandRun run) {
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(run.out()).isNotEmpty();
        return run.out().lines().map(line -> line.substring(line.indexOf('\t'))).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--batch-size=1", "--tile=48"})
    void annotationsTellTheOrientation(String option) throws IOException {
        Path plain = half("plain/a.jpg", false);
        Path turned = half("turned/a.jpg", true);
        List<String> stored = found(model.detect(option, plain));
        List<String> upright = found(model.detect(option, turned));
        assertThat(upright).isNotEqualTo(stored);

        Path drawn = work.resolve("drawn");
        CommandRun run =
                model.detect(
                        option,
                        "--annotations=" + annotations("a.jpg", 64, 32),
                        "--output=" + drawn,
                        turned);
        assertThat(found(run)).isEqualTo(stored);
        assertThat(run.errors()).anyMatch(line -> line.contains("1 taken as stored"));
        File picture = drawn.resolve("a.jpg").toFile();
        assertThat(ImageIO.read(picture).getWidth()).isEqualTo(64);

        Path other = annotations("a.jpg", 32, 64);
        assertThat(found(model.detect(option, "--annotations=" + other, turned)))
                .isEqualTo(upright);
    }

    @Test
    void anImageOfAnotherSizeThanTheAnnotationsIsRefusedOrLeftOut() throws IOException {
        Path annotations = annotations("a.jpg", 640, 480);
        Path file = half("a.jpg", false);
        CommandRun refused = model.detect("--annotations=" + annotations, file);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("a.jpg", "64x32", "640x480");
        CommandRun skipped =
                model.detect("--skip-bad-images", "--annotations=" + annotations, file);
        assertThat(skipped.status()).isZero();
        assertThat(skipped.errors()).anyMatch(line -> line.startsWith("left out: "));
    }

    @Test
    void aNameMayBeComposedOtherwise() throws IOException {
        String composed = "caf\u00e9.jpg";
        Path annotations = annotations(composed, 64, 32);
        Path file = half(Normalizer.normalize(composed, Normalizer.Form.NFD), false);
        found(model.detect("--annotations=" + annotations, file));
    }
}
