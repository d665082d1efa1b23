package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opencv.core.Mat;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;

class ImageReaderTest {

    private static final ImageReader READER = ImageReader.standard();

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void losslessFilesAreReadPixelForPixel(String format) throws IOException {
        BufferedImage picture = TestImages.random(37, 23, 1);
        Path path = file("picture", TestImages.encode(picture, format));

        assertThat(READER.size(path)).isEqualTo(new ImageSize(37, 23));
        try (BgrImage image = READER.read(path)) {
            assertThat(image.pixels()).isEqualTo(bgr(picture));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "webp", "gif"})
    void lossyFilesAreReadNearlyPixelForPixel(String format) throws IOException {
        BufferedImage picture = TestImages.random(37, 23, 1);
        Path path = file("picture", encode(picture, format));

        assertThat(READER.size(path)).isEqualTo(new ImageSize(37, 23));
        try (BgrImage image = READER.read(path)) {
            assertThat(meanDifference(image.pixels(), bgr(picture))).isLessThan(12);
        }
    }

    @Test
    void aSmallPictureOfAJpegIsLikeTheWholeOneShrunk() throws IOException {
        BufferedImage picture = new BufferedImage(803, 602, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 602; y++) {
            for (int x = 0; x < 803; x++) {
                picture.setRGB(x, y, x * 255 / 802 << 16 | y * 255 / 601 << 8 | 90);
            }
        }
        Path path = file("picture", encode(picture, "jpg"));
        try (BgrImage whole = READER.read(path);
                BgrImage small = READER.readSmall(path, Optional.empty(), 200);
                BgrImage shrunk = whole.shrunk(new ImageSize(201, 151))) {
            assertThat(List.of(small.width(), small.height())).containsExactly(201, 151);
            assertThat(meanDifference(small.pixels(), shrunk.pixels())).isLessThan(2);
        }
        try (BgrImage asLarge = READER.readSmall(path, Optional.of(new ImageSize(803, 602)), 402)) {
            assertThat(asLarge.width()).isEqualTo(803);
        }
        assertThatThrownBy(() -> READER.readSmall(path, Optional.of(new ImageSize(99, 99)), 50))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("99");
    }

    @Test
    void losslessWebpTellsItsSize() throws IOException {
        Mat mat = new Mat(23, 37, org.opencv.core.CvType.CV_8UC3);
        MatOfByte encoded = new MatOfByte();
        // A quality above 100 makes OpenCV write VP8L.
        Imgcodecs.imencode(
                ".webp",
                mat,
                encoded,
                new org.opencv.core.MatOfInt(Imgcodecs.IMWRITE_WEBP_QUALITY, 101));
        byte[] bytes = encoded.toArray();
        assertThat(new String(bytes, 12, 4, StandardCharsets.US_ASCII)).isEqualTo("VP8L");
        assertThat(READER.size(file("x.webp", bytes))).isEqualTo(new ImageSize(37, 23));
    }

    @Test
    void grayBecomesThreeEqualChannels() throws IOException {
        BufferedImage picture = new BufferedImage(5, 4, BufferedImage.TYPE_BYTE_GRAY);
        picture.getRaster().setSample(2, 1, 0, 200);
        try (BgrImage image = READER.read(file("g.png", TestImages.encode(picture, "png")))) {
            byte[] expected = new byte[60];
            Arrays.fill(expected, 3 * (1 * 5 + 2), 3 * (1 * 5 + 2) + 3, (byte) 200);
            assertThat(image.pixels()).isEqualTo(expected);
        }
    }

    @Test
    void alphaIsDropped() throws IOException {
        BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_ARGB);
        picture.setRGB(1, 1, 0x40102030);
        try (BgrImage image = READER.read(file("a.png", TestImages.encode(picture, "png")))) {
            assertThat(Arrays.copyOfRange(image.pixels(), 12, 15))
                    .containsExactly(0x30, 0x20, 0x10);
        }
    }

    @Test
    void sixteenBitsAreCutToEight() throws IOException {
        BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_USHORT_GRAY);
        picture.getRaster().setSample(1, 1, 0, 0x7fff);
        try (BgrImage image = READER.read(file("s.png", TestImages.encode(picture, "png")))) {
            assertThat(Arrays.copyOfRange(image.pixels(), 12, 15)).containsOnly(0x7f);
        }
    }

    @Test
    void cmykJpegBecomesBgr() throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(0, 16, 16, 4, null);
        int[] ink = {0, 255, 255, 255};
        for (int i = 0; i < 256; i++) {
            raster.setPixel(i % 16, i / 16, ink);
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(new IIOImage(raster, null, null));
        } finally {
            writer.dispose();
        }
        try (BgrImage image = READER.read(file("cmyk.jpg", out.toByteArray()))) {
            assertThat(image.pixels()).hasSize(16 * 16 * 3);
        }
    }

    @Test
    void missingFileIsNamed() {
        assertRefused(folder.resolve("absent.jpg"), "absent.jpg: no such file");
    }

    @Test
    void folderIsRefused() {
        assertRefused(folder, "not a file");
    }

    @Test
    void emptyFileIsRefused() throws IOException {
        assertRefused(file("empty.png", new byte[0]), "empty.png: the file is empty");
    }

    @Test
    void textIsRefused() throws IOException {
        Path path = file("text.jpg", "I am no picture.".getBytes(StandardCharsets.UTF_8));
        assertRefused(path, "text.jpg: not an image");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "bmp", "gif", "tiff", "webp"})
    void everyShortenedFileIsRefusedUnlessNoPixelIsLost(String format) throws IOException {
        byte[] whole = encode(TestImages.random(33, 21, 2), format);
        byte[] pixels;
        try (BgrImage image = READER.read(file("whole", whole))) {
            pixels = image.pixels();
        }
        boolean checkedInJava = format.equals("jpg") || format.equals("png");
        // The other formats are refused by OpenCV, at the cost of a line on standard error each.
        int step = checkedInJava ? 1 : Math.max(1, whole.length / 8);
        for (int length = whole.length - 1; length > 0; length -= step) {
            Path path = file("cut." + format, Arrays.copyOf(whole, length));
            try (BgrImage image = READER.read(path)) {
                assertThat(whole.length - length).isLessThan(20);
                assertThat(image.pixels())
                        .as("%d of %d bytes", length, whole.length)
                        .isEqualTo(pixels);
            } catch (ImageReadException e) {
                assertThat(e.getMessage()).contains("cut." + format + ": ");
            }
        }
    }

    @Test
    void progressiveJpegWithTrailingBytesIsRead() throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        var parameters = writer.getDefaultWriteParam();
        parameters.setProgressiveMode(javax.imageio.ImageWriteParam.MODE_DEFAULT);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(TestImages.random(64, 48, 3), null, null), parameters);
        } finally {
            writer.dispose();
        }
        out.write("appended by a camera".getBytes(StandardCharsets.UTF_8));
        try (BgrImage image = READER.read(file("p.jpg", out.toByteArray()))) {
            assertThat(image.width()).isEqualTo(64);
        }
    }

    @Test
    void jpegCutBehindItsThumbnailIsRefused() throws IOException {
        byte[] thumbnail = TestImages.encode(TestImages.random(16, 12, 4), "jpg");
        byte[] whole =
                withSegment(
                        TestImages.encode(TestImages.random(33, 21, 5), "jpg"), 0xe2, thumbnail);
        Path path = file("t.jpg", Arrays.copyOf(whole, whole.length - 30));
        assertRefused(path, "truncated");
    }

    @Test
    void damagedPngIsRefused() throws IOException {
        byte[] bytes = TestImages.encode(TestImages.random(33, 21, 6), "png");
        bytes[bytes.length / 2] ^= 1;
        assertRefused(file("d.png", bytes), "wrong checksum");
    }

    @Test
    void pngBombIsRefusedWithoutDecoding() throws IOException {
        Path bomb = TestImages.writePngBomb(folder.resolve("bomb.png"), 30_000, 30_000);
        assertTimeout(
                Duration.ofSeconds(10),
                () ->
                        assertRefused(
                                bomb,
                                "bomb.png: 30000 x 30000 pixels are more than the limit of"
                                        + " 64000000"));
    }

    @Test
    void pixelLimitIsSettable() throws IOException {
        Path path = file("p.png", TestImages.encode(TestImages.random(10, 10, 7), "png"));
        try (BgrImage image = new ImageReader(100, ImageOrientation.STORED).read(path)) {
            assertThat(image.width()).isEqualTo(10);
        }
        assertThatThrownBy(() -> new ImageReader(99, ImageOrientation.STORED).read(path))
                .isInstanceOf(ImageReadException.class);
    }

    @Test
    void damagedHeadersGiveAClearErrorOrASize() throws IOException {
        Random random = new Random(8);
        List<String> formats = List.of("jpg", "png", "bmp", "gif", "tiff", "webp");
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = encode(TestImages.random(9, 7, 9), formats.get(i % formats.size()));
            for (int change = 0; change < 1 + i % 4; change++) {
                bytes[random.nextInt(Math.min(bytes.length, 100))] = (byte) random.nextInt(256);
            }
            Path path = file("fuzzed", bytes);
            try (FileWindow window = FileWindow.open(ImageSource.of(path), Long.MAX_VALUE)) {
                ImageHeader header = ImageHeader.parse(window);
                assertThat(header.pixels()).isPositive();
                header.format().whole(window, header, bytes, ImageReader.DEFAULT_MAX_PIXELS);
            } catch (ImageReadException e) {
                assertThat(e.getMessage()).contains("fuzzed: ").doesNotContain("\n");
            }
        }
    }

    private static byte[] withSegment(byte[] jpeg, int marker, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.write(0xff);
        out.write(marker);
        out.write((content.length + 2) >> 8);
        out.write(content.length + 2);
        out.writeBytes(content);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }

    private static byte[] encode(BufferedImage picture, String format) throws IOException {
        if (!format.equals("webp")) {
            return TestImages.encode(picture, format);
        }
        MatOfByte encoded = new MatOfByte();
        try (BgrImage image = BgrImage.of(picture.getWidth(), picture.getHeight(), bgr(picture))) {
            Imgcodecs.imencode(".webp", image.mat(), encoded);
            return encoded.toArray();
        }
    }

    private static byte[] bgr(BufferedImage picture) {
        byte[] bytes = new byte[picture.getWidth() * picture.getHeight() * 3];
        for (int i = 0; i < bytes.length; i += 3) {
            int pixel = i / 3;
            int rgb = picture.getRGB(pixel % picture.getWidth(), pixel / picture.getWidth());
            bytes[i] = (byte) rgb;
            bytes[i + 1] = (byte) (rgb >> 8);
            bytes[i + 2] = (byte) (rgb >> 16);
        }
        return bytes;
    }

    private static double meanDifference(byte[] actual, byte[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double sum = 0;
        for (int i = 0; i < actual.length; i++) {
            sum += Math.abs((actual[i] & 0xff) - (expected[i] & 0xff));
        }
        return sum / actual.length;
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static void assertRefused(Path path, String problem) {
        assertThatThrownBy(() -> READER.read(path))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining(problem)
                .hasMessageNotContaining("\n");
    }
}
