package dev.fern.detection.model;

import java.util.Arrays;

/** The smallest of many keys. */
final class BestKeys {

    private final int capacity;
    private long[] keys = new long[64];
    private int count;

    /**
     * @param capacity how many are kept
     */
    BestKeys(int capacity) {
        this.capacity = capacity;
    }

    /** Takes a key; returns whether the worst of those that are kept is known anew. */
    boolean add(long key) {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, 2 * count);
        }
        keys[count++] = key;
        if (count < 2L * capacity) {
            return false;
        }
        Arrays.sort(keys, 0, count);
        count = capacity;
        return true;
    }

    /** Returns the greatest of those that are kept, after {@link #add} returned true. */
    long worst() {
        return keys[capacity - 1];
    }

    /** Returns those that are kept, in order. */
    long[] sorted() {
        Arrays.sort(keys, 0, count);
        return Arrays.copyOf(keys, Math.min(count, capacity));
    }
}
