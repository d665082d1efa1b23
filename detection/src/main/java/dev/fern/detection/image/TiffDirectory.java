package dev.fern.detection.image;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The whole numbers in the first directory of a TIFF file, or of the TIFF block that EXIF is. */
final class TiffDirectory {

    private static final int ORIENTATION = 274;
    private static final int TYPE_SHORT = 3;
    private static final int TYPE_LONG = 4;

    private final FileWindow file;
    private final long base;
    private final boolean bigEndian;

    /** Where in the file the entry of a tag is. */
    private final Map<Integer, Long> entries = new HashMap<>();

    private TiffDirectory(FileWindow file, long base) throws IOException {
        this.file = file;
        this.base = base;
        this.bigEndian = file.u8(base) == 'M';
    }

    static boolean isTiff(FileWindow file, long base) throws IOException {
        return file.startsWith(base, "II*\0") || file.startsWith(base, "MM\0*");
    }

    /** Reads the first directory of the TIFF that starts at {@code base}. */
    static TiffDirectory first(FileWindow file, long base) throws IOException {
        TiffDirectory directory = new TiffDirectory(file, base);
        long start = base + file.u32(base + 4, directory.bigEndian);
        int entries = file.u16(start, directory.bigEndian);
        for (int i = 0; i < entries; i++) {
            // tag (2), type (2), count (4), values or where they are (4)
            long entry = start + 2 + 12L * i;
            // libtiff takes the first of several entries too
            directory.entries.putIfAbsent(file.u16(entry, directory.bigEndian), entry);
        }
        return directory;
    }

    /** Returns the first value of a tag; {@code otherwise} if it has none or no whole numbers. */
    long value(int tag, long otherwise) throws IOException {
        Long entry = entries.get(tag);
        return entry == null || size(entry) == 0 ? otherwise : number(entry + 8, size(entry));
    }

    /** Returns all values of a tag; none if it is missing or has no whole numbers. */
    long[] values(int tag) throws IOException {
        Long entry = entries.get(tag);
        if (entry == null || size(entry) == 0) {
            return new long[0];
        }
        int size = size(entry);
        long count = file.u32(entry + 4, bigEndian);
        long first = count * size <= 4 ? entry + 8 : base + file.u32(entry + 8, bigEndian);
        if (first + count * size > file.length()) {
            throw file.truncated();
        }
        long[] values = new long[(int) count];
        for (int i = 0; i < count; i++) {
            values[i] = number(first + (long) i * size, size);
        }
        return values;
    }

    /** Returns the bytes of one value of an entry; 0 if its values are no whole numbers. */
    private int size(long entry) throws IOException {
        return switch (file.u16(entry + 2, bigEndian)) {
            case TYPE_SHORT -> Short.BYTES;
            case TYPE_LONG -> Integer.BYTES;
            default -> 0;
        };
    }

    private long number(long position, int size) throws IOException {
        return size == Short.BYTES ? file.u16(position, bigEndian) : file.u32(position, bigEndian);
    }

    /** Returns the orientation; 1 if none that is valid is given. */
    int orientation() throws IOException {
        long orientation = value(ORIENTATION, 1);
        return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
    }

    /**
     * Returns the orientation that the EXIF block at {@code base} gives; 1 if it gives none that is
     * valid.
     */
    static int exifOrientation(FileWindow file, long base) throws IOException {
        try {
            return isTiff(file, base) ? first(file, base).orientation() : 1;
        } catch (ImageReadException e) {
            // Its offsets lead out of the file: EXIF is damaged, but the picture may be whole.
            return 1;
        }
    }
}
