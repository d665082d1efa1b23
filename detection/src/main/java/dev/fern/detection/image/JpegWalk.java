package dev.fern.detection.image;

import static dev.fern.detection.image.JpegParser.END_OF_IMAGE;
import static dev.fern.detection.image.JpegParser.START_OF_SCAN;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a decoder goes through in one JPEG.
 *
 * @param pixels those of the frame
 * @param scans how often it goes through them
 * @param hasEnd whether there is an end marker
 * @param hasAllCoefficients whether the scans, if they are whole, give every bit of every
 *     coefficient of every component; a progressive JPEG that is cut between two scans lacks some
 */
record JpegWalk(long pixels, int scans, boolean hasEnd, boolean hasAllCoefficients) {

    private static final int COEFFICIENTS = 64;

    /**
     * Follows the segments, and the entropy-coded data behind each scan header, to the end marker
     * or to the end of the data. A thumbnail's end marker lies within a segment and does not count.
     *
     * @param start of the JPEG in the file
     * @param end behind the last byte that may belong to it
     * @throws ImageReadException if it is damaged or ends within a segment
     */
    static JpegWalk of(FileWindow file, long start, long end) throws IOException {
        long pixels = 0;
        int scans = 0;
        Map<Integer, int[]> lowestBits = new HashMap<>();
        long at = start + 2;
        while (at < end) {
            at = JpegParser.code(file, at);
            int code = file.u8(at);
            if (code == END_OF_IMAGE) {
                return new JpegWalk(pixels, scans, true, hasAll(lowestBits));
            }
            if (JpegParser.isFrame(code)) {
                pixels = (long) file.u16(at + 4, true) * file.u16(at + 6, true);
                for (int i = 0; i < file.u8(at + 8); i++) {
                    int[] none = new int[COEFFICIENTS];
                    Arrays.fill(none, Integer.MAX_VALUE);
                    lowestBits.put(file.u8(at + 9 + 3L * i), none);
                }
            }
            if (code == START_OF_SCAN) {
                scans++;
                note(file, at, lowestBits);
            }
            at = JpegParser.afterSegment(file, at);
            if (code == START_OF_SCAN) {
                at = afterData(file, at, end);
            }
        }
        return new JpegWalk(pixels, scans, false, hasAll(lowestBits));
    }

    /** Notes which bits of which coefficients a scan gives. */
    private static void note(FileWindow file, long code, Map<Integer, int[]> lowestBits)
            throws IOException {
        // length (2), number of components (1), each component (2), first, last, bits (1 each)
        int components = file.u8(code + 3);
        long band = code + 4 + 2L * components;
        int first = file.u8(band);
        int last = Math.min(file.u8(band + 1), COEFFICIENTS - 1);
        int lowestBit = file.u8(band + 2) & 0xf;
        for (int i = 0; i < components; i++) {
            int[] known = lowestBits.get(file.u8(code + 4 + 2L * i));
            for (int k = first; known != null && k <= last; k++) {
                known[k] = Math.min(known[k], lowestBit);
            }
        }
    }

    private static boolean hasAll(Map<Integer, int[]> lowestBits) {
        return lowestBits.values().stream().flatMapToInt(Arrays::stream).allMatch(bit -> bit == 0);
    }

    private static long afterData(FileWindow file, long start, long end) throws IOException {
        long at = start;
        while (at < end) {
            if (file.u8(at) == 0xff && (at + 1 == end || !isWithinScan(file.u8(at + 1)))) {
                return at + 1 == end ? end : at;
            }
            at++;
        }
        return at;
    }

    /**
     * Returns whether the code behind 0xff belongs to a scan: a stuffed zero, a restart marker or
     * fill.
     */
    private static boolean isWithinScan(int code) {
        return code == 0 || code >= 0xd0 && code <= 0xd7 || code == 0xff;
    }
}
