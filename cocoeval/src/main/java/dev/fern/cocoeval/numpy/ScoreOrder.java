package dev.fern.cocoeval.numpy;

/** Sorts detections by falling score as {@code numpy.argsort(-scores, kind="mergesort")} does. */
public final class ScoreOrder {
    private static final int RUN = 8;

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
