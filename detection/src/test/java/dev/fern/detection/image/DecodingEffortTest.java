package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small files that would keep a decoder busy for minutes are refused; others are not. */
class DecodingEffortTest {

    private static final int WIDTH = 48;
    private static final int HEIGHT = 32;
    private static final int PIXELS = WIDTH * HEIGHT;
    private static final ImageReader READER = ImageReader.standard();

    @TempDir Path folder;

    /** Encoders write about ten scans; scripts for jpegtran and mozjpeg may ask for 50 and more. */
    @ParameterizedTest
    @ValueSource(ints = {0, 5, 60, 90})
    void progressiveJpegIsRead(int more) throws IOException {
        try (BgrImage image = READER.read(file("p.jpg", progressive(more)))) {
            assertThat(image.width()).isEqualTo(WIDTH);
        }
    }

    @Test
    void jpegOfHundredsOfScansIsRefused() throws IOException {
        int own = scans(progressive(0));
        assertThatThrownBy(() -> READER.read(file("bomb.jpg", progressive(300))))
                .isInstanceOf(ImageReadException.class)
                .hasMessage(
                        folder.resolve("bomb.jpg")
                                + ": a JPEG of "
                                + (own + 300)
                                + " scans; at most 100 are decoded at 48 x 32 pixels; save it"
                                + " again without the progressive option");
    }

    @ParameterizedTest
    @CsvSource({"1, 40", "2, 80", "3, 100"})
    void theLargestPicturesMayHaveFewerScans(int limit, int scans) throws IOException {
        ImageReader reader = new ImageReader((long) limit * PIXELS, ImageOrientation.STORED);
        int own = scans(progressive(0));
        reader.read(file("p.jpg", progressive(scans - own))).close();
        assertThatThrownBy(() -> reader.read(file("p.jpg", progressive(scans - own + 1))))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining(
                        "a JPEG of " + (scans + 1) + " scans; at most " + scans + " are decoded");
    }

    @Test
    void scansOfAThumbnailDoNotCount() throws IOException {
        byte[] bomb = progressive(300);
        byte[] jpeg = progressive(0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.write(new byte[] {(byte) 0xff, (byte) 0xe2});
        out.write(bomb.length + 2 >> 8);
        out.write(bomb.length + 2);
        out.writeBytes(bomb);
        out.write(jpeg, 2, jpeg.length - 2);
        READER.read(file("t.jpg", out.toByteArray())).close();
    }

    @Test
    void tiffWithJpegStripsIsReadUnlessTheyHaveTooManyScans() throws IOException {
        byte[] few = progressive(20);
        READER.read(file("few.tiff", tiff(WIDTH, 3 * HEIGHT, HEIGHT, 0, 7, few))).close();
        byte[] many = progressive(300);
        assertThatThrownBy(
                        () ->
                                READER.read(
                                        file(
                                                "many.tiff",
                                                tiff(WIDTH, 3 * HEIGHT, HEIGHT, 0, 7, many))))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("many.tiff: a TIFF with JPEGs of " + scans(many) + " scans");
    }

    /** Every one of many strips may be as costly as a JPEG file that is read. */
    @Test
    void theScansOfAllStripsTogetherAreLimited() throws IOException {
        byte[] strip = progressive(60);
        ImageReader reader = new ImageReader(4 * PIXELS, ImageOrientation.STORED);
        reader.read(file("two.tiff", tiff(WIDTH, 2 * HEIGHT, HEIGHT, 0, 7, strip))).close();
        assertThatThrownBy(
                        () ->
                                reader.read(
                                        file(
                                                "four.tiff",
                                                tiff(WIDTH, 4 * HEIGHT, HEIGHT, 0, 7, strip))))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("which are too many for its size");
    }

    /** A decoder takes every tile as a whole, however little of it is in the picture. */
    @Test
    void tiffWhoseTilesReachFarOverThePictureIsRefused() throws IOException {
        byte[] small = deflated(3 * 64 * 64);
        READER.read(file("small.tiff", tiff(16, 1000, 64, 64, 8, small))).close();
        byte[] wide = deflated(3 * 80_000 * 16);
        assertThatThrownBy(
                        () -> READER.read(file("wide.tiff", tiff(16, 6400, 16, 80_000, 8, wide))))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining(
                        "wide.tiff: a TIFF of 16 x 6400 pixels in tiles of 80000 x 16, which are"
                                + " too large");
    }

    @Test
    void tiffOfTooManyBitsIsRefusedByThem() throws IOException {
        byte[] bytes = tiff(8, 8, 8, 0, 1, new byte[8 * 8 * 3 * 4]);
        bytes[8 + 8 * 8 * 3 * 4] = 32; // the first of the bits per sample

        assertThatThrownBy(() -> READER.read(file("deep.tiff", bytes)))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("deep.tiff: a TIFF of 32 bits per sample");
    }

    /** libtiff takes the first; a size from the last would pass the limit of pixels. */
    @Test
    void theFirstOfTwoTiffEntriesCounts() throws IOException {
        byte[] bytes = tiff(30_000, 30_000, 30_000, 0, 8, deflated(10));
        int directory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        // The last two entries become width and height once more: 16 x 16 pixels.
        int last = directory + 2 + 12 * 8;
        ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int tag = 256; tag <= 257; tag++) {
            int at = last - 12 * (257 - tag);
            entries.putShort(at, (short) tag).putShort(at + 2, (short) 4);
            entries.putInt(at + 4, 1).putInt(at + 8, 16);
        }
        assertThatThrownBy(() -> READER.read(file("twice.tiff", bytes)))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("30000 x 30000 pixels are more than the limit");
    }

    /** A progressive JPEG, with its last scan repeated. */
    static byte[] progressive(int more) throws IOException {
        BufferedImage picture = TestImages.random(WIDTH, HEIGHT, 3);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam parameters = writer.getDefaultWriteParam();
        parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(encoded)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(picture, null, null), parameters);
        } finally {
            writer.dispose();
        }
        byte[] jpeg = encoded.toByteArray();
        int lastScan = jpeg.length - 2;
        while ((jpeg[lastScan] & 0xff) != 0xff || (jpeg[lastScan + 1] & 0xff) != 0xda) {
            lastScan--;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, jpeg.length - 2);
        for (int i = 0; i < more; i++) {
            out.write(jpeg, lastScan, jpeg.length - 2 - lastScan);
        }
        out.write(jpeg, jpeg.length - 2, 2);
        return out.toByteArray();
    }

    /** A JPEG's scan headers; within a scan a byte of 255 is always followed by 0 or a marker. */
    private static int scans(byte[] jpeg) {
        int scans = 0;
        for (int i = 0; i + 1 < jpeg.length; i++) {
            if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xda) {
                scans++;
            }
        }
        return scans;
    }

    static byte[] deflated(int zeros) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
            deflater.write(new byte[zeros]);
        }
        return out.toByteArray();
    }

    /**
     * A TIFF of RGB pixels, all of whose strips or tiles are the same bytes of the file.
     *
     * @param rows of a strip or tile
     * @param tileWidth 0 for strips
     */
    static byte[] tiff(
            int width, int height, int rows, int tileWidth, int compression, byte[] content) {
        int across = tileWidth == 0 ? 1 : (width + tileWidth - 1) / tileWidth;
        int parts = across * ((height + rows - 1) / rows);
        int contentAt = 8;
        int bitsAt = contentAt + content.length + content.length % 2;
        int offsetsAt = bitsAt + 6;
        int lengthsAt = offsetsAt + 4 * parts;
        int directoryAt = lengthsAt + 4 * parts;
        boolean tiled = tileWidth > 0;
        int[][] entries = {
            {256, 1, width},
            {257, 1, height},
            {258, 3, bitsAt},
            {259, 1, compression},
            {262, 1, compression == 7 ? 6 : 2}, // JPEGs are YCbCr
            {277, 1, 3},
            {tiled ? 322 : 278, 1, tiled ? tileWidth : rows},
            {tiled ? 323 : 284, 1, tiled ? rows : 1},
            {tiled ? 324 : 273, parts, parts == 1 ? contentAt : offsetsAt},
            {tiled ? 325 : 279, parts, parts == 1 ? content.length : lengthsAt},
            {530, 2, 2 << 16 | 2}
        };
        if (!tiled) {
            Arrays.sort(entries, (a, b) -> a[0] - b[0]);
        }
        ByteBuffer file =
                ByteBuffer.allocate(directoryAt + 2 + 12 * entries.length + 4)
                        .order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {'I', 'I', '*', 0}).putInt(directoryAt).put(content);
        file.position(bitsAt);
        for (int i = 0; i < 3; i++) {
            file.putShort((short) 8);
        }
        for (int i = 0; i < parts; i++) {
            file.putInt(offsetsAt + 4 * i, contentAt);
            file.putInt(lengthsAt + 4 * i, content.length);
        }
        file.position(directoryAt);
        file.putShort((short) entries.length);
        for (int[] entry : entries) {
            boolean isShort = entry[0] == 258 || entry[0] == 530;
            file.putShort((short) entry[0]).putShort((short) (isShort ? 3 : 4));
            file.putInt(entry[1]).putInt(entry[2]);
        }
        return file.putInt(0).array();
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }
}
