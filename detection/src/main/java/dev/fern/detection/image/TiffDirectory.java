package dev.fern.detection.image;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The whole numbers in the first directory of a TIFF file, or of the TIFF block that EXIF is. */
final class TiffDirectory {

    private static final int ORIENTATION = 274;
    private static final int TYPE_SHORT = 3;
    private static final int TYPE_LONG = 4;

    private final Map<Integer, Long> values = new HashMap<>();

    private TiffDirectory() {}

    static boolean isTiff(FileWindow file, long base) throws IOException {
        return file.startsWith(base, "II*\0") || file.startsWith(base, "MM\0*");
    }

    /** Reads the first directory of the TIFF that starts at {@code base}. */
    static TiffDirectory first(FileWindow file, long base) throws IOException {
        boolean bigEndian = file.u8(base) == 'M';
        long start = base + file.u32(base + 4, bigEndian);
        int entries = file.u16(start, bigEndian);
        TiffDirectory directory = new TiffDirectory();
        for (int i = 0; i < entries; i++) {
            // tag (2), type (2), count (4), value (4)
            long entry = start + 2 + 12L * i;
            int type = file.u16(entry + 2, bigEndian);
            if (type == TYPE_SHORT || type == TYPE_LONG) {
                long value =
                        type == TYPE_SHORT
                                ? file.u16(entry + 8, bigEndian)
                                : file.u32(entry + 8, bigEndian);
                directory.values.put(file.u16(entry, bigEndian), value);
            }
        }
        return directory;
    }

    long value(int tag, long otherwise) {
        return values.getOrDefault(tag, otherwise);
    }

    /**
     * Returns the orientation that the EXIF block at {@code base} gives; 1 if it gives none that is
     * valid.
     */
    static int exifOrientation(FileWindow file, long base) throws IOException {
        long orientation = isTiff(file, base) ? exifValue(file, base) : 1;
        return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
    }

    private static long exifValue(FileWindow file, long base) throws IOException {
        try {
            return first(file, base).value(ORIENTATION, 1);
        } catch (ImageReadException e) {
            // Its offsets lead out of the file: EXIF is damaged, but the picture may be whole.
            return 1;
        }
    }
}
