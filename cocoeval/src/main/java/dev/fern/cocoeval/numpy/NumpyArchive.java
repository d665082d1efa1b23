package dev.fern.cocoeval.numpy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes {@code .npz} files: a zip of {@code .npy} files of format 1.0, little-endian float64, C
 * order.
 */
public final class NumpyArchive {
    /**
     * An array in C order.
     *
     * @param shape its sides, whose product is the length of {@code values}
     * @param values not copied
     */
    public record Array(int[] shape, double[] values) {}

    /** The same for every file, so that equal arrays make equal files. */
    private static final LocalDateTime WRITTEN = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final int HEADER_ALIGNMENT = 64;
    private static final int NUMBERS_AT_ONCE = 8192;

    private NumpyArchive() {}

    /**
     * Writes arrays by their names.
     *
     * @param out takes the file; it stays open
     * @param arrays in the order in which they are written
     * @throws IOException if the stream can't be written
     */
    public static void write(OutputStream out, Map<String, Array> arrays) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        for (Map.Entry<String, Array> array : arrays.entrySet()) {
            ZipEntry entry = new ZipEntry(array.getKey() + ".npy");
            entry.setTimeLocal(WRITTEN);
            zip.putNextEntry(entry);
            zip.write(header(array.getValue().shape));
            writeNumbers(array.getValue().values, zip);
            zip.closeEntry();
        }
        zip.finish();
    }

    private static byte[] header(int[] shape) {
        String extents =
                Arrays.stream(shape)
                        .mapToObj(extent -> extent + ",")
                        .collect(Collectors.joining(" ", "(", ")"));
        String description = "{'descr': '<f8', 'fortran_order': False, 'shape': " + extents + ", }";
        int before = 10;
        int unpadded = before + description.length() + 1;
        int padded = (unpadded + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
        String line = description + " ".repeat(padded - unpadded) + "\n";
        return ByteBuffer.allocate(padded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) line.length())
                .put(line.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static void writeNumbers(double[] values, OutputStream out) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(NUMBERS_AT_ONCE * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < values.length; from += NUMBERS_AT_ONCE) {
            int count = Math.min(NUMBERS_AT_ONCE, values.length - from);
            bytes.asDoubleBuffer().put(values, from, count);
            out.write(bytes.array(), 0, count * Double.BYTES);
        }
    }
}
