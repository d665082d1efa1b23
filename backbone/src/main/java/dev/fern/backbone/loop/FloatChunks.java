package dev.fern.backbone.loop;

/** Splits loops over the values of an array among the cores. */
public final class FloatChunks {

    /** The number of values in a part; the last part may have fewer. */
    public static final int SIZE = 1 << 14;

    private FloatChunks() {}

    /** Handles a part of an array. */
    @FunctionalInterface
    public interface Chunk {
        /**
         * Handles one part.
         *
         * @param start index of the part's first value in the array
         * @param count number of the part's values, 1 to {@link #SIZE}
         * @param room scratch space for as many values as the largest part has, with anything in it
         * @param more a second scratch space of that kind
         */
        void accept(int start, int count, float[] room, float[] more);
    }

    /**
     * {@return the number of parts of an array}
     *
     * @param length number of the array's values, 0 or more
     */
    public static int count(int length) {
        return (length + SIZE - 1) / SIZE;
    }

    /**
     * Handles all parts of an array, several at a time.
     *
     * @param length number of the array's values, 0 or more
     * @param body called once per part, by several threads
     */
    public static void forEach(int length, Chunk body) {
        Parallel.forRows(
                count(length),
                SIZE,
                (from, to) -> {
                    // most of a network's arrays are far shorter than a part may be
                    float[] room = new float[Math.min(SIZE, length)];
                    float[] more = new float[room.length];
                    for (int chunk = from; chunk < to; chunk++) {
                        int start = chunk * SIZE;
                        body.accept(start, Math.min(SIZE, length - start), room, more);
                    }
                });
    }
}
