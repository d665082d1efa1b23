package dev.fern.cocoeval.numpy;

/**
 * Means and sums as numpy computes them. The order of a sum shows in its last bits, so this is
 * numpy's pairwise summation: eight interleaved sums over blocks of up to 128 numbers, and larger
 * arrays halved.
 */
public final class NumpySum {
    private static final int BLOCK = 128;

    private NumpySum() {}

    /**
     * Takes a mean.
     *
     * @param numbers of which the first {@code count} are taken
     * @param count at least 1
     * @return numpy's mean
     */
    public static double mean(double[] numbers, int count) {
        return sum(numbers, 0, count) / count;
    }

    /**
     * Adds up numbers.
     *
     * @param numbers of which some are taken
     * @param from the first one
     * @param count how many
     * @return numpy's sum
     */
    public static double sum(double[] numbers, int from, int count) {
        if (count > BLOCK) {
            int half = count / 2;
            half -= half % 8;
            return sum(numbers, from, half) + sum(numbers, from + half, count - half);
        }
        double sum = 0;
        int i = 0;
        if (count >= 8) {
            double[] lanes = new double[8];
            System.arraycopy(numbers, from, lanes, 0, 8);
            for (i = 8; i + 8 <= count; i += 8) {
                for (int lane = 0; lane < 8; lane++) {
                    lanes[lane] += numbers[from + i + lane];
                }
            }
            sum =
                    ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
                            + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        }
        for (; i < count; i++) {
            sum += numbers[from + i];
        }
        return sum;
    }
}
