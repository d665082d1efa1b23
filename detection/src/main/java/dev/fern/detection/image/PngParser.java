package dev.fern.detection.image;

import java.io.IOException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Parses PNG's chunks, and the orientation in the EXIF chunk. */
final class PngParser implements ImageFormat.Parser {

    private static final int SIGNATURE_BYTES = 8;

    /** Four samples of 16 bits. */
    private static final int MOST_PIXEL_BYTES = 8;

    /** What stands for the length and the type of a chunk where zeros fill up the file. */
    private static final String NOTHING = "\0".repeat(8);

    /** An IEND chunk. */
    private static final byte[] END = {
        0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82
    };

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "\u0089PNG\r\n\u001a\n");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        long width = file.u32(16, true);
        long height = file.u32(20, true);
        if (!file.startsWith(12, "IHDR")) {
            throw file.error("damaged PNG: it does not begin with an IHDR chunk");
        }
        return new ImageFormat.Size(width, height, orientation(file));
    }

    /** Returns the orientation in the eXIf chunk, which may stand before or behind the pixels. */
    private static int orientation(FileWindow file) throws IOException {
        long at = SIGNATURE_BYTES;
        while (at + 12 <= file.length() && !file.startsWith(at + 4, "IEND")) {
            if (file.startsWith(at + 4, "eXIf")) {
                // some writers keep the name that begins the block in a JPEG
                long block = file.startsWith(at + 8, "Exif\0\0") ? at + 14 : at + 8;
                return TiffDirectory.exifOrientation(file, block);
            }
            at += 12 + file.u32(at, true);
        }
        return 1;
    }

    /**
     * Walks the chunks (length, type, data, checksum) to IEND and compares the checksums. What is
     * cut behind the last pixel is replaced by an IEND.
     */
    @Override
    public byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
            throws IOException {
        Inflater pixels = new Inflater();
        try {
            return whole(file, header, bytes, pixels);
        } finally {
            pixels.end();
        }
    }

    private static byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, Inflater pixels)
            throws IOException {
        long at = SIGNATURE_BYTES;
        while (true) {
            boolean ends = isCut(file, at) || file.startsWith(at, NOTHING);
            if (ends && hasAllPixels(file, header, bytes, (int) at, pixels)) {
                byte[] whole = Arrays.copyOf(bytes, (int) at + END.length);
                System.arraycopy(END, 0, whole, (int) at, END.length);
                return whole;
            }
            long dataBytes = file.u32(at, true);
            long checksum = file.u32(at + 8 + dataBytes, true);
            if (file.crc32(at + 4, 4 + dataBytes) != checksum) {
                throw file.error("damaged PNG: wrong checksum in the chunk at byte " + at);
            }
            if (file.startsWith(at + 4, "IEND")) {
                return bytes;
            }
            at += 12 + dataBytes;
        }
    }

    /** Returns whether the file ends before the chunk at {@code at} does. */
    private static boolean isCut(FileWindow file, long at) throws IOException {
        return at + 12 > file.length() || at + 12 + file.u32(at, true) > file.length();
    }

    /** Returns whether the chunks before {@code end} hold the whole stream of pixels. */
    private static boolean hasAllPixels(
            FileWindow file, ImageHeader header, byte[] bytes, int end, Inflater pixels)
            throws IOException {
        long most = header.pixels() * MOST_PIXEL_BYTES + 16L * header.height();
        byte[] scratch = new byte[1 << 16];
        try {
            for (long at = SIGNATURE_BYTES; at < end; at += 12 + file.u32(at, true)) {
                if (file.startsWith(at + 4, "IDAT")) {
                    pixels.setInput(bytes, (int) at + 8, (int) file.u32(at, true));
                    while (!pixels.finished() && !pixels.needsInput()) {
                        boolean stuck = pixels.inflate(scratch) == 0 && pixels.needsDictionary();
                        if (stuck || pixels.getBytesWritten() > most) {
                            return false;
                        }
                    }
                }
            }
        } catch (DataFormatException e) {
            return false;
        }
        return pixels.finished();
    }
}
