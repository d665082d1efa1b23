package dev.fern.detection.train;

import dev.fern.backbone.host.Parallel;

/** Splits loops over the values of an array among the cores. */
final class FloatChunks {

    private static final int SIZE = 1 << 14;

    private FloatChunks() {}

    /** Handles a part of an array. */
    @FunctionalInterface
    interface Chunk {
        /**
         * Handles the values from {@code start} on.
         *
         * @param room for as many values
         */
        void accept(int start, int count, float[] room);
    }

    /** Handles all parts of an array of this length. */
    static void forEach(int length, Chunk body) {
        int chunks = (length + SIZE - 1) / SIZE;
        Parallel.forRows(
                chunks,
                SIZE,
                (from, to) -> {
                    float[] room = new float[SIZE];
                    for (int chunk = from; chunk < to; chunk++) {
                        int start = chunk * SIZE;
                        body.accept(start, Math.min(SIZE, length - start), room);
                    }
                });
    }
}
