package dev.fern.detection.image;

import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Direct buffers to use again, of the whole process: the memory of a fresh one has to be cleared,
 * and is freed only when the garbage collector comes by, which it may not for long, since it does
 * not see how large they are. What was not used for a while goes to the collector. Thread-safe.
 */
public final class PixelBuffers {

    private static final Deque<SoftReference<ByteBuffer>> FREE = new ArrayDeque<>();

    private PixelBuffers() {}

    /** Returns a buffer of native order with this limit; its contents are arbitrary. */
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

    /** Takes back, once, a buffer that {@link #take} returned and nobody uses any more. */
    public static void giveBack(ByteBuffer buffer) {
        synchronized (FREE) {
            FREE.addLast(new SoftReference<>(buffer));
        }
    }
}
