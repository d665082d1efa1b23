package dev.fern.detection.image;

import static dev.fern.detection.image.ImageReader.MAX_SCANS;
import static dev.fern.detection.image.ImageReader.MAX_SCANS_OF_LARGEST;

import java.io.IOException;

/** Parses JPEG's marker segments (ITU-T T.81, annex B) and the orientation in its EXIF segment. */
final class JpegParser implements ImageFormat.Parser {

    private static final int END_OF_IMAGE = 0xd9;
    private static final int START_OF_SCAN = 0xda;
    private static final int APP1 = 0xe1;

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
    public void check(FileWindow file, ImageHeader header, long maxPixels) throws IOException {
        int scans = walk(file, 0, file.length()).scans;
        long most = Math.min(MAX_SCANS, MAX_SCANS_OF_LARGEST * maxPixels / header.pixels());
        if (scans > most) {
            throw file.error(
                    String.format(
                            "a JPEG of %d scans; at most %d are decoded at %d x %d pixels; save it"
                                    + " again without the progressive option",
                            scans, most, header.width(), header.height()));
        }
    }

    /**
     * What a decoder goes through in one JPEG.
     *
     * @param pixels those of the frame
     * @param scans how often it goes through them
     */
    record Walk(long pixels, int scans) {}

    /**
     * Follows the segments, and the entropy-coded data behind each scan header, to the end marker;
     * a file without one is truncated. A thumbnail's end marker lies within a segment and does not
     * count.
     *
     * @param start of the JPEG in the file
     * @param end behind the last byte that may belong to it
     */
    static Walk walk(FileWindow file, long start, long end) throws IOException {
        long pixels = 0;
        int scans = 0;
        long at = start + 2;
        while (at < end) {
            at = code(file, at);
            int code = file.u8(at);
            if (code == END_OF_IMAGE) {
                return new Walk(pixels, scans);
            }
            if (isFrame(code)) {
                pixels = (long) file.u16(at + 4, true) * file.u16(at + 6, true);
            }
            at = afterSegment(file, at);
            if (code == START_OF_SCAN) {
                scans++;
                while (at < end && (file.u8(at) != 0xff || isWithinScan(file.u8(at + 1)))) {
                    at++;
                }
            }
        }
        throw file.truncated();
    }

    /** Returns the position of the code of the marker at {@code at}, behind 0xff and fill bytes. */
    private static long code(FileWindow file, long at) throws IOException {
        if (file.u8(at) != 0xff) {
            throw file.error("damaged JPEG: no marker at byte " + at);
        }
        long code = at + 1;
        while (file.u8(code) == 0xff) {
            code++;
        }
        return code;
    }

    private static long afterSegment(FileWindow file, long code) throws IOException {
        int marker = file.u8(code);
        boolean withoutLength = marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8;
        return withoutLength ? code + 1 : code + 1 + Math.max(2, file.u16(code + 1, true));
    }

    private static boolean isFrame(int code) {
        // C4, C8 and CC among them announce tables and extensions.
        return code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
    }

    /**
     * Returns whether the code behind 0xff belongs to a scan: a stuffed zero, a restart marker or
     * fill.
     */
    private static boolean isWithinScan(int code) {
        return code == 0 || code >= 0xd0 && code <= 0xd7 || code == 0xff;
    }
}
