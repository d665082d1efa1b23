package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ImageTransformTest {

    private static final double[] MEAN = {0.485, 0.456, 0.406};
    private static final double[] STD = {0.229, 0.224, 0.225};

    private final ImageTransform transform = new ImageTransform(PixelNormalization.IMAGENET);

    @Test
    void inputEqualsTorchvisions() throws IOException {
        Path fixture =
                Path.of(System.getProperty("fern.shared", ""))
                        .resolve("parity/torchvision-retinanet");
        assumeTrue(Files.isDirectory(fixture), "the parity fixture is not there");
        float[] expected = readNpy(fixture.resolve("input.npy"));
        Canvas canvas;
        float[] actual;
        try (BgrImage image = ImageReader.standard().read(fixture.resolve("image.png"))) {
            canvas = new CanvasRule(256, 384).canvas(image.width(), image.height());
            actual = transform(image, canvas);
        }
        assertThat(canvas.resized()).isEqualTo(new ImageSize(384, 253));
        assertThat(actual).hasSameSizeAs(expected);
        double max = 0;
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = Math.abs(actual[i] - expected[i]);
            max = Math.max(max, difference);
            sum += difference;
        }
        // The bounds asked for are 2e-2 and 2e-3. torchvision computes positions in single
        // precision.
        assertThat(max).isLessThan(1e-3);
        assertThat(sum / actual.length).isLessThan(1e-5);
    }

    @Property(tries = 60)
    void resizingEqualsBilinearInterpolationInDoublePrecision(
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll @IntRange(min = 1, max = 60) int resizedWidth,
            @ForAll @IntRange(min = 1, max = 60) int resizedHeight,
            @ForAll @IntRange(max = 7) int padding,
            @ForAll long seed) {
        byte[] bgr = new byte[width * height * 3];
        new Random(seed).nextBytes(bgr);
        Canvas canvas =
                new Canvas(
                        new ImageSize(width, height),
                        new ImageSize(resizedWidth, resizedHeight),
                        new ImageSize(resizedWidth + padding, resizedHeight + 2 * padding));
        float[] actual;
        try (BgrImage image = BgrImage.of(width, height, bgr)) {
            actual = transform(image, canvas);
        }
        int i = 0;
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < canvas.size().height(); y++) {
                for (int x = 0; x < canvas.size().width(); x++) {
                    double expected = 0;
                    if (x < resizedWidth && y < resizedHeight) {
                        double value =
                                bilinear(
                                        bgr,
                                        width,
                                        height,
                                        2 - channel,
                                        (x + 0.5) * width / resizedWidth - 0.5,
                                        (y + 0.5) * height / resizedHeight - 0.5);
                        expected = (value / 255 - MEAN[channel]) / STD[channel];
                    }
                    assertThat((double) actual[i++])
                            .isCloseTo(expected, org.assertj.core.api.Assertions.within(2e-5));
                }
            }
        }
    }

    /** The four neighbours weighted by their nearness; positions outside count as the edge. */
    private static double bilinear(
            byte[] bgr, int width, int height, int channel, double x, double y) {
        double sum = 0;
        for (int row = (int) Math.floor(y); row <= Math.floor(y) + 1; row++) {
            for (int column = (int) Math.floor(x); column <= Math.floor(x) + 1; column++) {
                int r = Math.max(0, Math.min(height - 1, row));
                int c = Math.max(0, Math.min(width - 1, column));
                double weight = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
                sum += weight * (bgr[(r * width + c) * 3 + channel] & 0xff);
            }
        }
        return sum;
    }

    @Test
    void withSmoothingAPixelIsTheMeanOfTheAreaThatItCovers() {
        int factor = 5;
        byte[] bgr = new byte[15 * 10 * 3];
        new Random(4).nextBytes(bgr);
        ImageSize resized = new ImageSize(3, 2);
        Canvas canvas = new Canvas(new ImageSize(15, 10), resized, resized);
        float[] actual = smoothed(15, 10, bgr, canvas);
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < 2; y++) {
                for (int x = 0; x < 3; x++) {
                    double mean = 0;
                    for (int i = 0; i < factor * factor; i++) {
                        int row = y * factor + i / factor;
                        int column = x * factor + i % factor;
                        mean += (bgr[(row * 15 + column) * 3 + 2 - channel] & 0xff) / 25.0;
                    }
                    double expected = (mean / 255 - MEAN[channel]) / STD[channel];
                    // rounded to a whole number of 255
                    assertThat((double) actual[(channel * 2 + y) * 3 + x])
                            .isCloseTo(
                                    expected,
                                    org.assertj.core.api.Assertions.within(
                                            0.51 / 255 / STD[channel]));
                }
            }
        }
    }

    @Test
    void withSmoothingASideThatGrowsIsInterpolatedAsWithout() {
        byte[] column = {10, 20, 30, 90, 80, 70};
        byte[] wide = new byte[4 * 2 * 3]; // every pixel four times, side by side
        for (int i = 0; i < wide.length; i++) {
            wide[i] = column[i / 12 * 3 + i % 3];
        }
        ImageSize resized = new ImageSize(1, 7);
        Canvas canvas = new Canvas(new ImageSize(4, 2), resized, resized);
        Canvas ofColumn = new Canvas(new ImageSize(1, 2), resized, resized);
        try (BgrImage image = BgrImage.of(1, 2, column)) {
            float[] expected = transform(image, ofColumn);
            assertThat(smoothed(4, 2, wide, canvas)).isEqualTo(expected);
            assertThat(smoothed(1, 2, column, ofColumn)).isEqualTo(expected);
        }
    }

    private static float[] smoothed(int width, int height, byte[] bgr, Canvas canvas) {
        float[] target = new float[ImageTransform.length(canvas)];
        try (BgrImage image = BgrImage.of(width, height, bgr)) {
            new ImageTransform(PixelNormalization.IMAGENET, true)
                    .write(image, canvas, FloatBuffer.wrap(target), 0);
        }
        return target;
    }

    @Test
    void imageIsWrittenAtItsPlaceAndNowhereElse() {
        Canvas canvas = new Canvas(new ImageSize(2, 2), new ImageSize(2, 2), new ImageSize(3, 2));
        float[] expected;
        float[] store = new float[2 + 18 + 2];
        Arrays.fill(store, 7);
        try (BgrImage image =
                BgrImage.of(2, 2, new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})) {
            expected = transform(image, canvas);
            transform.write(image, canvas, FloatBuffer.wrap(store), 2);
        }
        assertThat(Arrays.copyOfRange(store, 2, 20)).isEqualTo(expected);
        assertThat(new float[] {store[0], store[1], store[20], store[21]}).containsOnly(7);
        // red of the first pixel is its third byte
        assertThat((double) expected[0])
                .isCloseTo(
                        (2 / 255.0 - MEAN[0]) / STD[0],
                        org.assertj.core.api.Assertions.within(1e-6));
        assertThat(new float[] {expected[2], expected[5], expected[17]}).containsOnly(0);
    }

    @Test
    void anotherImageThanTheCanvassIsRefused() {
        Canvas canvas = new CanvasRule(32, 32).canvas(8, 8);
        try (BgrImage image = BgrImage.of(2, 1, new byte[6])) {
            assertThatThrownBy(() -> transform(image, canvas))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2x1");
        }
    }

    private float[] transform(BgrImage image, Canvas canvas) {
        float[] target = new float[ImageTransform.length(canvas)];
        // What an earlier batch left in a buffer must not shine through.
        Arrays.fill(target, Float.NaN);
        transform.write(image, canvas, FloatBuffer.wrap(target), 0);
        return target;
    }

    /** Little-endian float32 in C order, format version 1. */
    private static float[] readNpy(Path path) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = file.getShort(8);
        String header = new String(file.array(), 10, headerLength, StandardCharsets.US_ASCII);
        assertThat(header).contains("'<f4'").contains("'fortran_order': False");
        FloatBuffer values =
                file.position(10 + headerLength)
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
        float[] array = new float[values.remaining()];
        values.get(array);
        return array;
    }
}
