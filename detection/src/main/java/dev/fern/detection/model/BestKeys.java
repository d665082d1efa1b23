package dev.fern.detection.model;

import java.util.Arrays;

/** Keeps the smallest of many keys. */
final class BestKeys {

    private final int capacity;
    private long[] keys = new long[64];
    private int count;

    /**
     * Starts without a key.
     *
     * @param capacity how many keys to keep, at least 1
     */
    BestKeys(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Adds a key.
     *
     * @return whether {@link #worst} was found anew, so that larger keys need not be added
     */
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

    /** {@return the largest of the keys that were kept when {@link #add} last returned true} */
    long worst() {
        return keys[capacity - 1];
    }

    /** {@return the smallest keys, ascending} */
    long[] sorted() {
        Arrays.sort(keys, 0, count);
        return Arrays.copyOf(keys, Math.min(count, capacity));
    }
}
