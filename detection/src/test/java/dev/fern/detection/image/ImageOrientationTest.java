package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;

/** EXIF orientations in every format that has them, against the standard's own table. */
class ImageOrientationTest {

    private static final ImageReader AUTO = ImageReader.standard();
    private static final ImageReader UPRIGHT = reader(ImageOrientation.UPRIGHT);
    private static final ImageReader STORED = reader(ImageOrientation.STORED);

    @TempDir Path folder;

    private static List<Arguments> files() {
        List<Arguments> files = new ArrayList<>();
        for (String format :
                List.of(
                        "jpg",
                        "png",
                        "png-late",
                        "png-named",
                        "webp",
                        "webp-named",
                        "tiff",
                        "tiff-big")) {
            for (int orientation = 1; orientation <= 8; orientation++) {
                files.add(Arguments.of(format, orientation));
            }
        }
        return files;
    }

    @ParameterizedTest
    @MethodSource("files")
    void thePictureIsUprightOrAsStored(String format, int orientation) throws IOException {
        BufferedImage scene = scene(64, 32);
        BufferedImage stored = TestImages.stored(scene, orientation);
        Path path = write(format, stored, orientation);
        ImageSize storedSize = new ImageSize(stored.getWidth(), stored.getHeight());
        ImageSize uprightSize = new ImageSize(64, 32);

        assertThat(ImageHeader.read(path).orientation()).isEqualTo(orientation);
        assertThat(AUTO.size(path)).isEqualTo(uprightSize);
        assertThat(STORED.size(path)).isEqualTo(storedSize);
        for (ImageReader reader : List.of(AUTO, UPRIGHT)) {
            assertShows(reader.read(path), scene);
            assertShows(reader.read(path, uprightSize), scene);
        }
        assertShows(STORED.read(path), stored);
        assertShows(STORED.read(path, storedSize), stored);
        // sizes decide where they differ, and upright is taken where they do not
        assertShows(AUTO.read(path, storedSize), orientation >= 5 ? stored : scene);
    }

    @Test
    void anotherSizeIsRefusedWithTheOrientation() throws IOException {
        Path path = write("jpg", TestImages.stored(scene(64, 32), 6), 6);
        for (ImageReader reader : List.of(AUTO, STORED)) {
            assertThatThrownBy(() -> reader.read(path, new ImageSize(64, 33)))
                    .isInstanceOf(ImageReadException.class)
                    .hasMessageEndingWith(
                            "the file has 32x64 pixels as stored and 64x32 upright (EXIF"
                                    + " orientation 6), the annotations say 64x33");
        }
        assertThatThrownBy(() -> STORED.read(path, new ImageSize(64, 32)))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("EXIF orientation 6");
    }

    @ParameterizedTest
    @MethodSource("files")
    void aBrokenOrientationIsNone(String format, int number) throws IOException {
        BufferedImage scene = scene(64, 32);
        Path path = write(format, scene, number + 8);
        assertThat(ImageHeader.read(path).orientation()).isEqualTo(1);
        assertShows(AUTO.read(path), scene);
    }

    private static ImageReader reader(ImageOrientation orientation) {
        return new ImageReader(ImageReader.DEFAULT_MAX_PIXELS, orientation);
    }

    private static void assertShows(BgrImage image, BufferedImage expected) {
        try (image) {
            assertThat(image.width()).isEqualTo(expected.getWidth());
            assertThat(image.height()).isEqualTo(expected.getHeight());
            byte[] pixels = image.pixels();
            double sum = 0;
            for (int i = 0; i < pixels.length; i++) {
                int place = i / 3;
                int rgb = expected.getRGB(place % expected.getWidth(), place / expected.getWidth());
                sum += Math.abs((pixels[i] & 0xff) - (rgb >> 8 * (i % 3) & 0xff));
            }
            assertThat(sum / pixels.length).isLessThan(8);
        }
    }

    private static BufferedImage scene(int width, int height) {
        BufferedImage scene = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = scene.createGraphics();
        Color[] colours = {Color.RED, Color.GREEN, Color.BLUE};
        for (int i = 0; i < colours.length; i++) {
            graphics.setColor(colours[i]);
            graphics.fillRect(i % 2 * width / 2, i / 2 * height / 2, width / 2, height / 2);
        }
        graphics.dispose();
        return scene;
    }

    private Path write(String format, BufferedImage picture, int orientation) throws IOException {
        byte[] exif = TestImages.exif(orientation);
        byte[] bytes =
                switch (format) {
                    case "jpg" -> jpeg(picture, exif);
                    case "png" -> TestImages.png(picture, exif, false);
                    case "png-late" -> TestImages.png(picture, exif, true);
                    case "png-named" -> TestImages.png(picture, joined("Exif\0\0", exif), false);
                    case "webp" -> webp(picture, exif);
                    case "webp-named" -> webp(picture, joined("Exif\0\0", exif));
                    case "tiff" -> tiff(picture, orientation, ByteOrder.LITTLE_ENDIAN);
                    default -> tiff(picture, orientation, ByteOrder.BIG_ENDIAN);
                };
        return Files.write(folder.resolve("picture"), bytes);
    }

    private static byte[] joined(String text, byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(bytes);
        return out.toByteArray();
    }

    private static byte[] jpeg(BufferedImage picture, byte[] exif) throws IOException {
        byte[] jpeg = TestImages.encode(picture, "jpg");
        byte[] content = joined("Exif\0\0", exif);
        return ByteBuffer.allocate(jpeg.length + content.length + 4)
                .put(jpeg, 0, 2)
                .putShort((short) 0xffe1)
                .putShort((short) (content.length + 2))
                .put(content)
                .put(jpeg, 2, jpeg.length - 2)
                .array();
    }

    /** Turns a simple WebP into an extended one with an EXIF chunk. */
    private static byte[] webp(BufferedImage picture, byte[] exif) {
        OpenCv.load();
        MatOfByte encoded = new MatOfByte();
        byte[] pixels = new byte[picture.getWidth() * picture.getHeight() * 3];
        for (int i = 0; i < pixels.length; i++) {
            int rgb = picture.getRGB(i / 3 % picture.getWidth(), i / 3 / picture.getWidth());
            pixels[i] = (byte) (rgb >> 8 * (i % 3));
        }
        byte[] simple;
        try (BgrImage image = BgrImage.of(picture.getWidth(), picture.getHeight(), pixels)) {
            Imgcodecs.imencode(".webp", image.mat(), encoded);
            simple = encoded.toArray();
        }
        byte[] chunks = Arrays.copyOfRange(simple, 12, simple.length);
        ByteBuffer webp =
                ByteBuffer.allocate(12 + 18 + chunks.length + 8 + exif.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        webp.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(webp.capacity() - 8);
        webp.put("WEBPVP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10).putInt(8);
        for (int side : new int[] {picture.getWidth(), picture.getHeight()}) {
            webp.putShort((short) (side - 1)).put((byte) 0);
        }
        webp.put(chunks).put("EXIF".getBytes(StandardCharsets.US_ASCII)).putInt(exif.length);
        return webp.put(exif).array();
    }

    /** Writes an uncompressed RGB TIFF of one strip. */
    private static byte[] tiff(BufferedImage picture, int orientation, ByteOrder order) {
        int width = picture.getWidth();
        int height = picture.getHeight();
        int[][] entries = {
            {256, 4, 1, width},
            {257, 4, 1, height},
            {258, 3, 3, 8 + 2 + 9 * 12 + 4},
            {259, 3, 1, 1},
            {262, 3, 1, 2},
            {273, 4, 1, 8 + 2 + 9 * 12 + 4 + 6},
            {274, 3, 1, orientation},
            {277, 3, 1, 3},
            {279, 4, 1, 3 * width * height}
        };
        ByteBuffer tiff =
                ByteBuffer.allocate(8 + 2 + 9 * 12 + 4 + 6 + 3 * width * height).order(order);
        tiff.put((order == ByteOrder.BIG_ENDIAN ? "MM" : "II").getBytes(StandardCharsets.US_ASCII));
        tiff.putShort((short) 42).putInt(8).putShort((short) entries.length);
        for (int[] entry : entries) {
            tiff.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
            if (entry[1] == 3 && entry[2] == 1) {
                tiff.putShort((short) entry[3]).putShort((short) 0);
            } else {
                tiff.putInt(entry[3]);
            }
        }
        tiff.putInt(0);
        for (int i = 0; i < 3; i++) {
            tiff.putShort((short) 8);
        }
        for (int i = 0; i < width * height; i++) {
            int rgb = picture.getRGB(i % width, i / width);
            tiff.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
        }
        return tiff.array();
    }
}
