package dev.fern.detection.image;

import java.io.IOException;

/** Parses PNG's chunks, and the orientation in the EXIF chunk. */
final class PngParser implements ImageFormat.Parser {

    private static final int SIGNATURE_BYTES = 8;

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
                return TiffDirectory.exifOrientation(file, at + 8);
            }
            at += 12 + file.u32(at, true);
        }
        return 1;
    }

    /** Walks the chunks (length, type, data, checksum) to IEND and compares the checksums. */
    @Override
    public void check(FileWindow file, ImageHeader header, long maxPixels) throws IOException {
        long at = SIGNATURE_BYTES;
        while (true) {
            long dataBytes = file.u32(at, true);
            long checksum = file.u32(at + 8 + dataBytes, true);
            if (file.crc32(at + 4, 4 + dataBytes) != checksum) {
                throw file.error("damaged PNG: wrong checksum in the chunk at byte " + at);
            }
            if (file.startsWith(at + 4, "IEND")) {
                return;
            }
            at += 12 + dataBytes;
        }
    }
}
