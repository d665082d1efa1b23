package dev.fern.cocoeval.numpy;

/**
 * Sorts detections by falling score as {@code numpy.argsort(-scores, kind="mergesort")} does. Few
 * are merged; many are distributed by the bytes of their scores, the least significant one first,
 * which compares nothing.
 */
public final class ScoreOrder {
    private static final int RUN = 8;

    /** From here up distributing pays. */
    private static final int MANY = 128;

    private static final int BYTE_VALUES = 1 << Byte.SIZE;

    private ScoreOrder() {}

    /**
     * Sorts indices stably: highest score first, ties as they were, NaN last.
     *
     * @param order indices into {@code scores}; those of [from, to) are sorted
     * @param from where the indices to sort begin in {@code order}
     * @param to where they end
     * @param scores NaN sorts last
     * @param spare of at least the length of {@code order}
     */
    public static void sort(int[] order, int from, int to, double[] scores, int[] spare) {
        if (to - from < MANY) {
            mergeSort(order, from, to, scores, spare);
        } else {
            distribute(order, from, to, scores, spare);
        }
    }

    private static void distribute(int[] order, int from, int to, double[] scores, int[] spare) {
        int count = to - from;
        long[] keys = new long[count];
        int[][] starts = new int[Long.BYTES][BYTE_VALUES];
        for (int i = 0; i < count; i++) {
            long key = key(scores[order[from + i]]);
            keys[i] = key;
            for (int[] counts : starts) {
                counts[(int) key & BYTE_VALUES - 1]++;
                key >>>= Byte.SIZE;
            }
        }
        long[] spareKeys = new long[count];
        System.arraycopy(order, from, spare, 0, count);
        int[] indices = spare;
        int[] otherIndices = new int[count];
        for (int at = 0; at < Long.BYTES; at++) {
            int shift = at * Byte.SIZE;
            int[] next = starts[at];
            if (next[(int) (keys[0] >>> shift) & BYTE_VALUES - 1] == count) {
                continue;
            }
            int sum = 0;
            for (int value = 0; value < BYTE_VALUES; value++) {
                int size = next[value];
                next[value] = sum;
                sum += size;
            }
            for (int i = 0; i < count; i++) {
                int place = next[(int) (keys[i] >>> shift) & BYTE_VALUES - 1]++;
                spareKeys[place] = keys[i];
                otherIndices[place] = indices[i];
            }
            long[] sortedKeys = spareKeys;
            spareKeys = keys;
            keys = sortedKeys;
            int[] sorted = otherIndices;
            otherIndices = indices;
            indices = sorted;
        }
        System.arraycopy(indices, 0, order, from, count);
    }

    /** A number that, compared as unsigned, is the smaller the earlier the score comes. */
    private static long key(double score) {
        if (Double.isNaN(score)) {
            return -1;
        }
        long bits = Double.doubleToRawLongBits(score + 0.0); // 0 and -0 tie
        return bits < 0 ? bits : bits ^ Long.MAX_VALUE;
    }

    private static void mergeSort(int[] order, int from, int to, double[] scores, int[] spare) {
        for (int start = from; start < to; start += RUN) {
            insertionSort(order, start, Math.min(start + RUN, to), scores);
        }
        for (int width = RUN; width < to - from; width *= 2) {
            for (int left = from; left + width < to; left += 2 * width) {
                int middle = left + width;
                if (before(scores[order[middle]], scores[order[middle - 1]])) {
                    merge(order, left, middle, Math.min(middle + width, to), scores, spare);
                }
            }
        }
    }

    private static void insertionSort(int[] order, int from, int to, double[] scores) {
        for (int i = from + 1; i < to; i++) {
            int moving = order[i];
            int hole = i;
            while (hole > from && before(scores[moving], scores[order[hole - 1]])) {
                order[hole] = order[hole - 1];
                hole--;
            }
            order[hole] = moving;
        }
    }

    private static void merge(
            int[] order, int left, int middle, int right, double[] scores, int[] spare) {
        System.arraycopy(order, left, spare, left, middle - left);
        int a = left;
        int b = middle;
        for (int out = left; a < middle; out++) {
            boolean takeRight = b < right && before(scores[order[b]], scores[spare[a]]);
            order[out] = takeRight ? order[b++] : spare[a++];
        }
    }

    /**
     * Compares two scores.
     *
     * @param a any number
     * @param b any number
     * @return whether a detection of score {@code a} comes before any of score {@code b}
     */
    public static boolean before(double a, double b) {
        return a > b || b != b && a == a;
    }
}
