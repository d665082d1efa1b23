package dev.fern.detection.image;

import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * A pool of direct buffers for the whole process. The memory of a fresh direct buffer has to be
 * cleared, and only the garbage collector frees it, which may not run for long, since it does not
 * see how large the buffers are. The collector takes buffers of the pool that have not been used
 * for a while. Thread-safe.
 */
public final class PixelBuffers {

    private static final Deque<SoftReference<ByteBuffer>> FREE = new ArrayDeque<>();

    private PixelBuffers() {}

    /**
     * Takes a buffer out of the pool, or makes one.
     *
     * @param bytes its limit
     * @return a buffer of native byte order; its contents are arbitrary
     */
    public static ByteBuffer take(int bytes) {
        synchronized (FREE) {
            for (Iterator<SoftReference<ByteBuffer>> each = FREE.iterator(); each.hasNext(); ) {
                ByteBuffer buffer = each.next().get();
                if (buffer == null) {
                    each.remove();
                } else if (buffer.capacity() >= bytes) {
                    each.remove();
                    return buffer.clear().limit(bytes);
                }
            }
            // One that is too small makes room for the one that fits.
            FREE.pollFirst();
        }
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /**
     * Gives a buffer back to the pool.
     *
     * @param buffer one that {@link #take} returned, given back only once and used by nobody any
     *     more
     */
    public static void giveBack(ByteBuffer buffer) {
        synchronized (FREE) {
            FREE.addLast(new SoftReference<>(buffer));
        }
    }
}
