package dev.fern.detection.worker;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Buffers seen as one row of values. Ranges of it go to bytes and back. One thread may {@link #get}
 * while another one changes other ranges.
 */
final class FloatRanges {

    /** The most values that a range may have. */
    static final int MOST = 1 << 16;

    private final FloatBuffer[] buffers;

    /** Index in the row of each buffer's first value, and the length of the row at the end. */
    private final long[] starts;

    private final float[] leaving = new float[MOST];
    private final float[] arriving = new float[MOST];
    private final float[] sums = new float[MOST];

    /** Handles the part of a range that lies in one buffer. */
    private interface Part {
        void accept(FloatBuffer buffer, int at, int offset, int count);
    }

    /**
     * Lays buffers side by side.
     *
     * @param buffers each from its position to its limit; their positions do not move
     */
    FloatRanges(List<FloatBuffer> buffers) {
        this.buffers = buffers.stream().map(FloatBuffer::slice).toArray(FloatBuffer[]::new);
        this.starts = new long[this.buffers.length + 1];
        for (int i = 0; i < this.buffers.length; i++) {
            starts[i + 1] = starts[i] + this.buffers[i].capacity();
        }
    }

    long length() {
        return starts[buffers.length];
    }

    static FloatBuffer floats(ByteBuffer bytes) {
        return bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }

    /** Writes values from the start of bytes. */
    void get(long start, int count, ByteBuffer bytes) {
        forEach(start, count, (buffer, at, offset, part) -> buffer.get(at, leaving, offset, part));
        floats(bytes).put(0, leaving, 0, count);
    }

    /** Sets values to those from the start of bytes. */
    void put(long start, int count, ByteBuffer bytes) {
        floats(bytes).get(0, arriving, 0, count);
        forEach(start, count, (buffer, at, offset, part) -> buffer.put(at, arriving, offset, part));
    }

    /** Adds the values from the start of bytes: value = bytes + value. */
    void add(long start, int count, ByteBuffer bytes) {
        floats(bytes).get(0, arriving, 0, count);
        forEach(start, count, (buffer, at, offset, part) -> buffer.get(at, sums, offset, part));
        for (int i = 0; i < count; i++) {
            sums[i] += arriving[i];
        }
        forEach(start, count, (buffer, at, offset, part) -> buffer.put(at, sums, offset, part));
    }

    private void forEach(long start, int count, Part part) {
        int index = find(start);
        for (int done = 0; done < count; index++) {
            int at = (int) (start + done - starts[index]);
            int length = Math.min(count - done, buffers[index].capacity() - at);
            part.accept(buffers[index], at, done, length);
            done += length;
        }
    }

    /** Returns the buffer that holds a value. */
    private int find(long start) {
        int low = 0;
        int high = buffers.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts[middle] <= start) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
