package dev.fern.backbone.loop;

/** Splits loops over the values of an array among the cores. */
public final class FloatChunks {

    /** Values of a part; the last may have fewer. */
    public static final int SIZE = 1 << 14;

    private FloatChunks() {}

    /** Handles a part of an array. */
    @FunctionalInterface
    public interface Chunk {
        /**
         * Handles the values from {@code start} on.
         *
         * @param room for {@link #SIZE} values
         * @param more likewise
         */
        void accept(int start, int count, float[] room, float[] more);
    }

    /** Returns how many parts an array of this length has. */
    public static int count(int length) {
        return (length + SIZE - 1) / SIZE;
    }

    /** Handles all parts of an array of this length. */
    public static void forEach(int length, Chunk body) {
        Parallel.forRows(
                count(length),
                SIZE,
                (from, to) -> {
                    float[] room = new float[SIZE];
                    float[] more = new float[SIZE];
                    for (int chunk = from; chunk < to; chunk++) {
                        int start = chunk * SIZE;
                        body.accept(start, Math.min(SIZE, length - start), room, more);
                    }
                });
    }
}
