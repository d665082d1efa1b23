package dev.fern.detection.image;

import static dev.fern.detection.image.ImageReader.MAX_SCANS;
import static dev.fern.detection.image.ImageReader.MAX_SCANS_OF_LARGEST;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Parses JPEG's marker segments (ITU-T T.81, annex B) and the orientation in its EXIF segment. */
final class JpegParser implements ImageFormat.Parser {

    static final int END_OF_IMAGE = 0xd9;
    static final int START_OF_SCAN = 0xda;
    private static final int APP1 = 0xe1;

    /** What may follow a cut; lost pixels would be decoded from it. */
    private static final byte[][] FILLS = {filled(0x00), filled(0xaa), filled(0x5b)};

    private static byte[] filled(int value) {
        byte[] fill = new byte[256];
        Arrays.fill(fill, (byte) value);
        return fill;
    }

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "\u00ff\u00d8\u00ff");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        int orientation = 1;
        long at = 2;
        while (true) {
            at = code(file, at);
            int code = file.u8(at);
            if (isFrame(code)) {
                // length (2), precision (1), height (2), width (2)
                return new ImageFormat.Size(
                        file.u16(at + 6, true), file.u16(at + 4, true), orientation);
            }
            if (code == START_OF_SCAN || code == END_OF_IMAGE) {
                throw file.error("damaged JPEG: no frame header before the pixels");
            }
            if (code == APP1 && file.startsWith(at + 3, "Exif\0\0")) {
                orientation = TiffDirectory.exifOrientation(file, at + 9);
            }
            at = afterSegment(file, at);
        }
    }

    @Override
    public byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
            throws IOException {
        JpegWalk walk = JpegWalk.of(file, 0, file.length());
        long most = Math.min(MAX_SCANS, MAX_SCANS_OF_LARGEST * maxPixels / header.pixels());
        if (walk.scans() > most) {
            throw file.error(
                    String.format(
                            "a JPEG of %d scans; at most %d are decoded at %d x %d pixels; save it"
                                    + " again without the progressive option",
                            walk.scans(), most, header.width(), header.height()));
        }
        if (walk.hasEnd()) {
            return bytes;
        }
        if (!walk.hasAllCoefficients() || !hasAllPixels(bytes)) {
            throw file.truncated();
        }
        return completed(bytes, new byte[0]);
    }

    /**
     * Returns whether a JPEG without an end marker has lost no pixel: whether what is decoded is
     * the same whatever follows its last byte. Java's decoder tells, since OpenCV's would print a
     * warning about the bytes that follow.
     */
    private static boolean hasAllPixels(byte[] bytes) {
        try {
            Raster expected = decode(completed(bytes, FILLS[0]));
            for (int i = 1; i < FILLS.length; i++) {
                if (!isSame(expected, decode(completed(bytes, FILLS[i])))) {
                    return false;
                }
            }
            return true;
        } catch (IOException | RuntimeException e) {
            return false; // it throws both where a file is damaged
        }
    }

    private static Raster decode(byte[] jpeg) throws IOException {
        javax.imageio.ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
        try (ImageInputStream stream =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(jpeg))) {
            reader.setInput(stream, true, true);
            return reader.readRaster(0, null);
        } finally {
            reader.dispose();
        }
    }

    private static boolean isSame(Raster a, Raster b) {
        return a.getBounds().equals(b.getBounds())
                && Arrays.equals(
                        ((DataBufferByte) a.getDataBuffer()).getData(),
                        ((DataBufferByte) b.getDataBuffer()).getData());
    }

    /** Replaces zeros at the end by other bytes and an end marker. */
    private static byte[] completed(byte[] bytes, byte[] fill) {
        int end = bytes.length;
        while (end > 2 && (bytes[end - 1] == 0 || bytes[end - 1] == (byte) 0xff)) {
            end--;
        }
        // a zero behind 0xff is no padding but says that 0xff is data
        boolean stuffed =
                end + 1 < bytes.length && bytes[end] == (byte) 0xff && bytes[end + 1] == 0;
        end += stuffed ? 2 : 0;
        byte[] completed = Arrays.copyOf(bytes, end + fill.length + 2);
        System.arraycopy(fill, 0, completed, end, fill.length);
        completed[completed.length - 2] = (byte) 0xff;
        completed[completed.length - 1] = (byte) END_OF_IMAGE;
        return completed;
    }

    /** Returns the position of the code of the marker at {@code at}, behind 0xff and fill bytes. */
    static long code(FileWindow file, long at) throws IOException {
        if (file.u8(at) != 0xff) {
            throw file.error("damaged JPEG: no marker at byte " + at);
        }
        long code = at + 1;
        while (file.u8(code) == 0xff) {
            code++;
        }
        return code;
    }

    static long afterSegment(FileWindow file, long code) throws IOException {
        int marker = file.u8(code);
        boolean withoutLength = marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8;
        return withoutLength ? code + 1 : code + 1 + Math.max(2, file.u16(code + 1, true));
    }

    static boolean isFrame(int code) {
        // C4, C8 and CC among them announce tables and extensions.
        return code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
    }
}
