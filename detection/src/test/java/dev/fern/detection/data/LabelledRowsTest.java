package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.train.DataIdentity;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labelled images that are no files. */
class LabelledRowsTest {

    @TempDir Path root;

    private static byte[] png(int width, int height) throws IOException {
        return TestImages.encode(TestImages.random(width, height, 3), "png");
    }

    private static LabelledRows.Builder rows() throws IOException {
        byte[] bytes = png(40, 30);
        return LabelledRows.builder("rows")
                .category(5, "cell")
                .category(2, "clot")
                .image(7, () -> bytes);
    }

    @Test
    void sizesComeFromTheBytesAndLabelsFromTheOrderOfIds() throws IOException {
        LabelledImages opened =
                LabelledImages.open(rows().box(7, 5, 1, 2, 30, 40).box(7, 2, 45, 0, 5, 5).build());
        Sample sample = opened.images().samples().get(0);
        assertThat(sample.size()).isEqualTo(new ImageSize(40, 30));
        assertThat(sample.boxes()).containsExactly(1, 2, 31, 30);
        assertThat(sample.labels()).containsExactly(1);
        assertThat(opened.images().categories())
                .extracting(CocoCategory::name)
                .containsExactly("clot", "cell");
        assertThat(opened.images().emptyBoxes()).isEqualTo(1);
        assertThat(opened.hasBoxes()).isTrue();
        assertThatThrownBy(sample::path)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("rows, row 7 is no file");
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("image 7 comes twice", rows -> rows.image(7, () -> new byte[0])),
                mistake("category 5 comes twice: 'x'", rows -> rows.category(5, "x")),
                mistake(
                        "image 7: the box at x NaN, y 1.0 of 2.0 x 3.0 pixels has a number that"
                                + " is not finite",
                        rows -> rows.box(7, 5, Double.NaN, 1, 2, 3)),
                mistake(
                        "has a number that is not finite",
                        rows -> rows.box(7, 5, 0, 1, 2, Double.POSITIVE_INFINITY)),
                mistake("has no area", rows -> rows.box(7, 5, 0, 1, 0, 3)),
                mistake("has no area", rows -> rows.box(7, 5, 0, 1, 2, -3)),
                mistake("there is no such image", rows -> rows.box(8, 5, 0, 1, 2, 3).build()),
                mistake(
                        "there is no category 6; there are [5, 2]",
                        rows -> rows.box(7, 6, 0, 1, 2, 3).build()));
    }

    private static Arguments mistake(String message, Consumer<LabelledRows.Builder> rows) {
        return Arguments.of(message, rows);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void mistakesAreNamed(String message, Consumer<LabelledRows.Builder> mistake)
            throws IOException {
        LabelledRows.Builder rows = rows();
        assertThatThrownBy(() -> mistake.accept(rows))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("rows: ")
                .hasMessageContaining(message);
    }

    @Test
    void rowsWithoutImagesOrCategoriesAreRefused() {
        assertThatThrownBy(() -> LabelledRows.builder("rows").category(1, "x").build())
                .hasMessage("rows: has no image");
        assertThatThrownBy(() -> LabelledRows.builder("rows").image(1, () -> new byte[0]).build())
                .hasMessage("rows: has no category");
    }

    /** A source of a user's own is checked when it is opened. */
    @Test
    void aSourceOfAnotherKindIsChecked() {
        LabelledSource own =
                new LabelledSource() {
                    @Override
                    public String name() {
                        return "mine";
                    }

                    @Override
                    public CocoDataset annotations() {
                        return CocoDataset.of(
                                List.of(new CocoImage(1, "", 0, 0), new CocoImage(1, "", 0, 0)),
                                List.of(new CocoCategory(1, "cell", "")),
                                List.of(
                                        new CocoAnnotation(
                                                5, 1, 2, new Box(0, 0, 4, 4), 16, false)));
                    }

                    @Override
                    public ImageSource image(CocoImage image) {
                        return ImageSource.ofBytes("mine", () -> png(9, 9));
                    }
                };
        assertThatThrownBy(() -> LabelledImages.open(own))
                .isInstanceOf(IOException.class)
                .hasMessage("mine: images[1] (id 1): has the same id as images[0]");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 6, 8})
    void theOrientationOfBytesIsThatOfAFile(int orientation) throws IOException {
        BufferedImage scene = TestImages.random(40, 30, 7);
        Path file = root.resolve("a.png");
        TestImages.writeTurned(file, scene, orientation);
        byte[] bytes = Files.readAllBytes(file);
        for (ImageOrientation asked : ImageOrientation.values()) {
            ImageReader reader = new ImageReader(ImageReader.DEFAULT_MAX_PIXELS, asked);
            LabelledRows rows =
                    LabelledRows.builder("rows")
                            .category(1, "cell")
                            .image(1, () -> bytes)
                            .image(2, ImageSource.of(file))
                            .image(
                                    3,
                                    new ImageSource.Stream(
                                            "stream", () -> Files.newInputStream(file)))
                            .box(1, 1, 20, 4, 10, 10)
                            .box(2, 1, 20, 4, 10, 10)
                            .box(3, 1, 20, 4, 10, 10)
                            .build();
            LabelledImages opened = LabelledImages.open(rows, reader, false, 0);
            List<byte[]> pixels =
                    opened.images().samples().stream().map(s -> pixels(reader, s)).toList();
            assertThat(pixels.get(0)).isEqualTo(pixels.get(1)).isEqualTo(pixels.get(2));
            assertThat(opened.images().orientations().total()).isEqualTo(orientation == 1 ? 0 : 3);
        }
    }

    private static byte[] pixels(ImageReader reader, Sample sample) {
        try (BgrImage image = reader.read(sample.image(), sample.size())) {
            return image.pixels();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theIdentityOfRowsIsThatOfTheirIdsSizesAndBoxes() throws IOException {
        DataIdentity.Part identity = identity(rows().box(7, 5, 1, 2, 30, 20).build());
        assertThat(identity(rows().box(7, 5, 1, 2, 30, 20).build())).isEqualTo(identity);
        assertThat(identity(rows().box(7, 5, 1, 2, 30, 21).build())).isNotEqualTo(identity);
        assertThat(identity(rows().box(7, 2, 1, 2, 30, 20).build())).isNotEqualTo(identity);
        LabelledRows larger =
                LabelledRows.builder("rows")
                        .category(5, "cell")
                        .category(2, "clot")
                        .image(7, () -> png(41, 30))
                        .box(7, 5, 1, 2, 30, 20)
                        .build();
        assertThat(identity(larger)).isNotEqualTo(identity);
    }

    private static DataIdentity.Part identity(LabelledRows rows) throws IOException {
        return DataIdentity.Part.of(LabelledImages.open(rows).images());
    }

    @Test
    void bytesThatAreNoneAreSaidSo() throws IOException {
        ImageReader reader = new ImageReader(100, ImageOrientation.AUTO);
        assertBad(reader, ImageSource.ofBytes("row 5", () -> null), "row 5: no such image");
        assertBad(
                reader,
                ImageSource.ofBytes(
                        "row 5",
                        () -> {
                            throw new NoSuchFileException("s3:5");
                        }),
                "row 5: no such image");
        assertBad(
                reader,
                ImageSource.ofBytes("row 5", () -> new byte[0]),
                "row 5: the file is empty");
        byte[] whole = png(9, 9);
        assertBad(
                reader,
                ImageSource.ofBytes("row 5", () -> Arrays.copyOf(whole, whole.length - 20)),
                "row 5: the image is truncated");
        // 100 pixels of 8 bytes and 16 MiB for what else a file holds: a stream without end stops.
        assertBad(
                reader,
                new ImageSource.Stream(
                        "endless",
                        () ->
                                new SequenceInputStream(
                                        new ByteArrayInputStream(whole), new Endless())),
                "endless: more than 16778016 bytes are too many");
    }

    private static final class Endless extends InputStream {
        @Override
        public int read() {
            return 0;
        }
    }

    private static void assertBad(ImageReader reader, ImageSource image, String message) {
        assertThatThrownBy(() -> reader.read(image).close())
                .isInstanceOf(ImageReadException.class)
                .hasMessageStartingWith(message);
    }
}
