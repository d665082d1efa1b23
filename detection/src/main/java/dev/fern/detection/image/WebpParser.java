package dev.fern.detection.image;

import java.io.IOException;

/**
 * Parses WebP: a RIFF file whose first chunk is VP8 (lossy), VP8L (lossless) or VP8X (extended).
 */
final class WebpParser implements ImageFormat.Parser {

    private static final int CHUNK = 12;
    private static final int DATA = 20;
    private static final int EXIF_FLAG = 8;

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "RIFF") && file.startsWith(8, "WEBP");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        if (file.startsWith(CHUNK, "VP8 ")) {
            // frame tag (3), start code (3), then 14 bits each and 2 bits of scaling
            return new ImageFormat.Size(
                    file.u16(DATA + 6, false) & 0x3fff, file.u16(DATA + 8, false) & 0x3fff);
        }
        if (file.startsWith(CHUNK, "VP8L")) {
            long bits = file.u32(DATA + 1, false);
            return new ImageFormat.Size((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
        }
        if (file.startsWith(CHUNK, "VP8X")) {
            boolean hasExif = (file.u8(DATA) & EXIF_FLAG) != 0;
            return new ImageFormat.Size(
                    u24(file, DATA + 4) + 1,
                    u24(file, DATA + 7) + 1,
                    hasExif ? orientation(file) : 1);
        }
        file.u8(DATA);
        throw file.error("damaged WebP: it does not begin with a VP8 chunk");
    }

    /** Returns the orientation in the EXIF chunk, which comes behind the pixels. */
    private static int orientation(FileWindow file) throws IOException {
        long at = CHUNK;
        while (at + 8 <= file.length()) {
            long bytes = file.u32(at + 4, false);
            if (file.startsWith(at, "EXIF")) {
                // some writers keep the name that begins the block in a JPEG
                long block = file.startsWith(at + 8, "Exif\0\0") ? at + 14 : at + 8;
                return TiffDirectory.exifOrientation(file, block);
            }
            at += 8 + bytes + bytes % 2;
        }
        return 1;
    }

    private static int u24(FileWindow file, long at) throws IOException {
        return file.u16(at, false) | file.u8(at + 2) << 16;
    }
}
