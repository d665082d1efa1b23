package dev.fern.detection.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Direct buffers to use again: the memory of a fresh one has to be cleared, and is freed only when
 * the garbage collector comes by. Thread-safe.
 */
final class BufferPool {

    private static final int KEPT = 8;

    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    /** A buffer of native order with this limit; its contents are arbitrary. */
    synchronized ByteBuffer take(int bytes) {
        for (Iterator<ByteBuffer> each = free.iterator(); each.hasNext(); ) {
            ByteBuffer buffer = each.next();
            if (buffer.capacity() >= bytes) {
                each.remove();
                return buffer.clear().limit(bytes);
            }
        }
        // One that is too small makes room for the one that fits.
        free.pollFirst();
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    synchronized void giveBack(ByteBuffer buffer) {
        if (free.size() < KEPT) {
            free.addLast(buffer);
        }
    }
}
