package dev.fern.backbone.loop;

import java.util.stream.IntStream;

/** Splits loops over rows among the cores. */
public final class Parallel {

    /** A loop of so few elements is over before other threads have woken up. */
    private static final long SERIAL_ELEMENTS = 1 << 14;

    private Parallel() {}

    /** A part of a loop. */
    @FunctionalInterface
    public interface Range {
        /**
         * Handles neighbouring rows.
         *
         * @param from the first row
         * @param to the row after the last
         */
        void accept(int from, int to);
    }

    /**
     * Runs a loop whose rows are independent.
     *
     * @param rows the number of rows
     * @param rowLength elements per row, by which to judge whether threads pay
     * @param body called by several threads, with ranges that together are all rows
     */
    public static void forRows(int rows, long rowLength, Range body) {
        int threads = threads();
        if (threads == 1 || rows == 1 || rows * rowLength <= SERIAL_ELEMENTS) {
            body.accept(0, rows);
            return;
        }
        int parts = Math.min(rows, threads * 4);
        IntStream.range(0, parts)
                .parallel()
                .forEach(
                        part ->
                                body.accept(
                                        (int) ((long) rows * part / parts),
                                        (int) ((long) rows * (part + 1) / parts)));
    }

    private static int threads() {
        return Thread.currentThread() instanceof WorkerThread worker
                ? worker.cores()
                : Runtime.getRuntime().availableProcessors();
    }
}
