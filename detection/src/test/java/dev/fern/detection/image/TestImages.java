package dev.fern.detection.image;

import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

/** Image files made with the JDK's own encoders, so that what is read was not written by OpenCV. */
public final class TestImages {

    private TestImages() {}

    /** A picture of random colours, smooth enough to survive JPEG. */
    public static BufferedImage random(int width, int height, long seed) {
        Random random = new Random(seed);
        int[] phase = random.ints(6, 0, 255).toArray();
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    double wave =
                            Math.sin((x + phase[c]) * 0.11) + Math.cos((y + phase[c + 3]) * 0.13);
                    rgb = rgb << 8 | (int) (127 + 60 * wave);
                }
                image.setRGB(x, y, rgb);
            }
        }
        return image;
    }

    /** Writes a picture in one of the JDK's formats: jpg, png, bmp, gif, tiff. */
    public static byte[] encode(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, out)) {
            throw new IllegalArgumentException("no writer for " + format);
        }
        return out.toByteArray();
    }

    /**
     * The EXIF standard's table: what the first row and the first column of the stored picture are
     * in the scene.
     */
    private static final String[] ORIENTATIONS = {
        "top left", "top right", "bottom right", "bottom left",
        "left top", "right top", "right bottom", "left bottom"
    };

    /** Returns the pixels as a file stores them whose orientation turns them into a scene. */
    static BufferedImage stored(BufferedImage scene, int exifOrientation) {
        String orientation = ORIENTATIONS[exifOrientation - 1];
        int width = scene.getWidth();
        int height = scene.getHeight();
        boolean rowsAreRows = orientation.matches("(top|bottom) .*");
        boolean top = orientation.contains("top");
        boolean left = orientation.contains("left");
        BufferedImage stored =
                new BufferedImage(
                        rowsAreRows ? width : height,
                        rowsAreRows ? height : width,
                        BufferedImage.TYPE_INT_RGB);
        for (int row = 0; row < stored.getHeight(); row++) {
            for (int column = 0; column < stored.getWidth(); column++) {
                int down = rowsAreRows ? row : column;
                int across = rowsAreRows ? column : row;
                stored.setRGB(
                        column,
                        row,
                        scene.getRGB(
                                left ? across : width - 1 - across,
                                top ? down : height - 1 - down));
            }
        }
        return stored;
    }

    /** Returns an EXIF block with nothing but the orientation. */
    static byte[] exif(int orientation) {
        return ByteBuffer.allocate(26)
                .put("MM\0*".getBytes(StandardCharsets.ISO_8859_1))
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 274)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .array();
    }

    /** Writes a PNG with an EXIF block. */
    static byte[] png(BufferedImage picture, byte[] exif, boolean behindThePixels)
            throws IOException {
        byte[] png = TestImages.encode(picture, "png");
        int at = behindThePixels ? png.length - 12 : 33; // before IEND or behind IHDR
        byte[] content =
                ByteBuffer.allocate(4 + exif.length)
                        .put("eXIf".getBytes(StandardCharsets.US_ASCII))
                        .put(exif)
                        .array();
        CRC32 crc = new CRC32();
        crc.update(content);
        return ByteBuffer.allocate(png.length + content.length + 8)
                .put(png, 0, at)
                .putInt(exif.length)
                .put(content)
                .putInt((int) crc.getValue())
                .put(png, at, png.length - at)
                .array();
    }

    /**
     * Writes a scene as a PNG that is stored turned, with the orientation that turns it upright.
     *
     * @return what is stored
     */
    public static BufferedImage writeTurned(Path path, BufferedImage scene, int orientation)
            throws IOException {
        Files.createDirectories(path.getParent());
        BufferedImage stored = stored(scene, orientation);
        Files.write(path, png(stored, exif(orientation), false));
        return stored;
    }

    /** Writes a random picture of a size to a file, in the format of the file's extension. */
    public static Path write(Path path, int width, int height, long seed) throws IOException {
        String name = path.getFileName().toString();
        Files.createDirectories(path.getParent());
        return Files.write(
                path,
                encode(random(width, height, seed), name.substring(name.lastIndexOf('.') + 1)));
    }

    /** Writes a black gray PNG of one bit per pixel, without ever holding its rows. */
    public static Path writePngBomb(Path path, int width, int height) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        try (OutputStream rows = new DeflaterOutputStream(packed, deflater)) {
            byte[] row = new byte[1 + (width + 7) / 8];
            for (int y = 0; y < height; y++) {
                rows.write(row);
            }
        } finally {
            deflater.end();
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(header);
        data.writeInt(width);
        data.writeInt(height);
        data.write(new byte[] {1, 0, 0, 0, 0});
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path)))) {
            out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
            writeChunk(out, "IHDR", header.toByteArray());
            writeChunk(out, "IDAT", packed.toByteArray());
            writeChunk(out, "IEND", new byte[0]);
        }
        return path;
    }

    private static void writeChunk(DataOutputStream out, String type, byte[] content)
            throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(content);
        out.writeInt(content.length);
        out.write(name);
        out.write(content);
        out.writeInt((int) crc.getValue());
    }
}
