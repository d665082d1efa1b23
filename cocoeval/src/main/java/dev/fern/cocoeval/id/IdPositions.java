package dev.fern.cocoeval.id;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds ids in a list. Those from 0 to 65,535, as nearly all ids of categories and many of images
 * are, are looked up in an array: an evaluation asks for each of a million detections.
 */
public final class IdPositions {
    /** Means that an id is not in the list. */
    public static final int ABSENT = -1;

    private static final int MOST_IN_ARRAY = 1 << 16;

    private final int[] small;
    private final Map<Long, Integer> others = new HashMap<>();

    /**
     * Takes a list.
     *
     * @param ids the first of several equal ones counts; {@link IdTable#NONE} is never found
     */
    public IdPositions(long[] ids) {
        long largest = -1;
        for (long id : ids) {
            largest = id < MOST_IN_ARRAY ? Math.max(largest, id) : largest;
        }
        small = new int[(int) largest + 1];
        Arrays.fill(small, ABSENT);
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] != IdTable.NONE && !contains(ids[i])) {
                put(ids[i], i);
            }
        }
    }

    private void put(long id, int position) {
        if (id >= 0 && id < small.length) {
            small[(int) id] = position;
        } else {
            others.put(id, position);
        }
    }

    /**
     * Finds an id.
     *
     * @param id as records hold it
     * @return its first position in the list, or {@link #ABSENT}
     */
    public int of(long id) {
        return id >= 0 && id < small.length ? small[(int) id] : others.getOrDefault(id, ABSENT);
    }

    /**
     * Tells whether an id is in the list.
     *
     * @param id as records hold it
     * @return whether it is
     */
    public boolean contains(long id) {
        return of(id) != ABSENT;
    }

    /** {@return whether the list has no id} */
    public boolean isEmpty() {
        return small.length == 0 && others.isEmpty();
    }
}
