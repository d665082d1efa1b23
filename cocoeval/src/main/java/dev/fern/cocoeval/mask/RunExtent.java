package dev.fern.cocoeval.mask;

/** Area and box of runs: {@code rleArea} and {@code rleToBbox} of pycocotools. */
final class RunExtent {
    private RunExtent() {}

    /** The pixels of the object, modulo 2^32. */
    static long area(int[] runs, int count) {
        int area = 0;
        for (int i = 1; i < count; i += 2) {
            area += runs[i];
        }
        return Integer.toUnsignedLong(area);
    }

    /**
     * The box of the object, xywh, all 0 for a mask without a run of it.
     *
     * @param count how many of the runs count
     * @throws IllegalArgumentException for runs in an image without rows
     */
    static double[] box(long height, long width, int[] runs, int count) {
        int pairs = count & ~1;
        if (pairs == 0) {
            return new double[4];
        }
        if ((int) height == 0) {
            throw new IllegalArgumentException("the mask has runs, but no rows to lie in");
        }
        return isOrdinary(height, width, runs, pairs)
                ? ordinaryBox((int) height, (int) width, runs, pairs)
                : oddBox((int) height, (int) width, runs, pairs);
    }

    /** Whether no number reaches 2^31, so that signed arithmetic does. */
    private static boolean isOrdinary(long height, long width, int[] runs, int count) {
        long total = 0;
        int signs = 0;
        for (int i = 0; i < count; i++) {
            signs |= runs[i];
            total += runs[i];
        }
        return signs >= 0
                && total <= Integer.MAX_VALUE / 2
                && height <= Integer.MAX_VALUE / 2
                && width <= Integer.MAX_VALUE / 2;
    }

    /** Walks along the columns, which takes no division for runs shorter than two of them. */
    private static double[] ordinaryBox(int rows, int columns, int[] runs, int count) {
        int left = columns;
        int top = rows;
        int right = 0;
        int bottom = 0;
        int x = 0;
        int y = 0;
        for (int i = 0; i < count; i++) {
            int run = runs[i];
            int end = y + run;
            boolean object = (i & 1) == 1 && run > 0;
            if (object) {
                left = x < left ? x : left;
                if (end > rows) {
                    top = 0;
                    bottom = rows - 1;
                } else {
                    top = y < top ? y : top;
                    bottom = end - 1 > bottom ? end - 1 : bottom;
                    right = x > right ? x : right;
                }
            }
            if (end >= rows) {
                int passed = end < 2 * rows ? 1 : end / rows;
                if (object) {
                    int last = end == passed * rows ? x + passed - 1 : x + passed;
                    right = last > right ? last : right;
                }
                x += passed;
                end -= passed * rows;
            }
            y = end;
        }
        return box(left, top, right, bottom);
    }

    private static double[] oddBox(int rows, int columns, int[] runs, int count) {
        int left = columns;
        int top = rows;
        int right = 0;
        int bottom = 0;
        int end = 0;
        for (int i = 0; i < count; i++) {
            int start = end;
            end += runs[i];
            if (i % 2 == 0 || runs[i] == 0) {
                continue;
            }
            int firstColumn = Integer.divideUnsigned(start, rows);
            int lastColumn = Integer.divideUnsigned(end - 1, rows);
            left = least(left, firstColumn);
            right = most(right, lastColumn);
            if (Integer.compareUnsigned(firstColumn, lastColumn) < 0) {
                top = 0;
                bottom = rows - 1;
            } else {
                top = least(top, start - firstColumn * rows);
                bottom = most(bottom, end - 1 - lastColumn * rows);
            }
        }
        return box(left, top, right, bottom);
    }

    private static double[] box(int left, int top, int right, int bottom) {
        return new double[] {
            Integer.toUnsignedLong(left),
            Integer.toUnsignedLong(top),
            Integer.toUnsignedLong(right - left + 1),
            Integer.toUnsignedLong(bottom - top + 1)
        };
    }

    private static int least(int a, int b) {
        return Integer.compareUnsigned(a, b) < 0 ? a : b;
    }

    private static int most(int a, int b) {
        return Integer.compareUnsigned(a, b) > 0 ? a : b;
    }
}
