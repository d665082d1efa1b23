package dev.fern.cocoeval.mask;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Draws one polygon to the pixel as {@code rleFrPoly} of pycocotools does. That walks the outline
 * on a grid five times as fine as the pixels, point by point, and marks where it passes from one
 * column of pixels to the next. Here only those passages are visited, so that the length of an edge
 * outside the image costs nothing.
 */
final class PolygonRaster {
    private static final int SCALE = 5;

    /** Fifths, so that differences of corners stay integers. */
    private static final double FARTHEST = 1 << 30;

    /** The most passages, and so runs, of one mask. */
    static final int MOST_PASSAGES = 1 << 24;

    /** From so many passages on, a bit per pixel takes less room than a list of passages. */
    private static final int MANY = 1 << 16;

    private static final long MOST_DENSE = 1 << 28;
    private static final long MOST_VISITED = 1L << 31;

    private final int height;
    private final long pixels;
    private final double highest;
    private final double lastColumn;
    private int[] passages = new int[64];
    private int count;
    private BitSet dense;
    private long visited;

    private PolygonRaster(long height, long width) {
        this.height = (int) height;
        pixels = height * width;
        highest = height;
        // unsigned in C: an image without columns has no last one
        lastColumn = width == 0 ? Double.MAX_VALUE : width - 1;
    }

    /**
     * Draws a polygon.
     *
     * @param xy corners x, y, x, y ... in pixels; a last x without y is left out
     * @return unsigned run lengths
     */
    static int[] runs(double[] xy, long height, long width) {
        PolygonRaster raster = new PolygonRaster(height, width);
        int corners = xy.length / 2;
        for (int i = 0; i < corners; i++) {
            int next = i + 1 == corners ? 0 : i + 1;
            raster.edge(
                    fifths(xy[2 * i]),
                    fifths(xy[2 * i + 1]),
                    fifths(xy[2 * next]),
                    fifths(xy[2 * next + 1]));
        }
        return raster.runs();
    }

    static IllegalArgumentException tooLarge() {
        return new IllegalArgumentException(
                "polygons pass more than " + MOST_PASSAGES + " columns of pixels");
    }

    /** Whether pycocotools finds the place of a coordinate; NaN is none. */
    static boolean isNear(double pixels) {
        return Math.abs(SCALE * pixels + .5) < FARTHEST;
    }

    private static int fifths(double pixels) {
        if (!isNear(pixels)) {
            throw new IllegalArgumentException(
                    "a corner of a polygon at " + pixels + " is no place near an image");
        }
        return (int) (SCALE * pixels + .5);
    }

    /** Marks the passages of one edge, from left to right, whichever way it goes. */
    private void edge(int fromX, int fromY, int toX, int toY) {
        int dx = Math.abs(toX - fromX);
        int dy = Math.abs(toY - fromY);
        boolean flat = dx >= dy;
        if (dx == 0) {
            return;
        }
        boolean flip = flat ? fromX > toX : fromY > toY;
        int startX = flip ? toX : fromX;
        int startY = flip ? toY : fromY;
        int endX = flip ? fromX : toX;
        int endY = flip ? fromY : toY;
        double slope = flat ? (double) (endY - startY) / dx : (double) (endX - startX) / dy;
        // between the third and the fourth fifth of a column
        long first = Math.floorDiv(Math.min(fromX, toX) - 2L + SCALE - 1, SCALE);
        long last = Math.floorDiv(Math.max(fromX, toX) - 3L, SCALE);
        for (long column = Math.max(0, first); column <= last && column <= lastColumn; column++) {
            int left = (int) (SCALE * column + 2);
            if (flat) {
                int t = left - startX;
                mark(column, Math.min(rounded(startY, slope, t), rounded(startY, slope, t + 1)));
            } else {
                mark(column, startY + stepBefore(startX, slope, dy, left));
            }
        }
    }

    private static int rounded(int start, double slope, int t) {
        return (int) (start + slope * t + .5);
    }

    /** The last step of a steep edge before x passes between {@code left} and the next fifth. */
    private static int stepBefore(int startX, double slope, int steps, int left) {
        boolean rises = slope > 0;
        double guess = (left + .5 - startX) / slope;
        int t = (int) Math.max(0, Math.min(steps - 1.0, guess));
        // the guess may be off by rounding; the comparisons decide
        while (t > 0 && rounded(startX, slope, t) > left == rises) {
            t--;
        }
        while (t < steps - 1 && rounded(startX, slope, t + 1) > left != rises) {
            t++;
        }
        return t;
    }

    private void mark(long column, int fifths) {
        double y = (fifths + .5) / SCALE - .5;
        y = Math.ceil(y < 0 ? 0 : Math.min(y, highest));
        int passage = (int) column * height + (int) y;
        if (dense != null) {
            visited++;
            if (visited > MOST_VISITED) {
                throw tooLarge();
            }
            dense.flip(passage);
            return;
        }
        if (count == passages.length) {
            if (count >= MANY && pixels > 0 && pixels <= MOST_DENSE) {
                store(passage);
                return;
            }
            if (count >= MOST_PASSAGES) {
                throw tooLarge();
            }
            passages = Arrays.copyOf(passages, 2 * count);
        }
        passages[count++] = passage;
    }

    /** Goes over to one bit per pixel: two passages at one place cancel each other. */
    private void store(int passage) {
        dense = new BitSet((int) pixels + 1);
        for (int stored : passages) {
            dense.flip(stored);
        }
        dense.flip(passage);
        count = 0;
    }

    /** Turns the passages, at each of which inside and outside change, into runs. */
    private int[] runs() {
        int[] ends;
        if (dense == null) {
            ends = Arrays.copyOf(passages, count + 1);
            ends[count] = (int) pixels;
            sortUnsigned(ends);
        } else {
            dense.clear((int) pixels);
            ends = Arrays.copyOf(dense.stream().toArray(), dense.cardinality() + 1);
            ends[ends.length - 1] = (int) pixels;
        }
        int[] runs = new int[ends.length];
        int size = 0;
        int previous = 0;
        boolean joins = false;
        for (int i = 0; i < ends.length; i++) {
            int run = ends[i] - previous;
            previous = ends[i];
            if (joins) {
                runs[size - 1] += run;
                joins = false;
            } else if (run == 0 && i > 0) {
                joins = true;
            } else {
                runs[size++] = run;
            }
        }
        return Arrays.copyOf(runs, size);
    }

    private static void sortUnsigned(int[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] ^= Integer.MIN_VALUE;
        }
        Arrays.sort(numbers);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] ^= Integer.MIN_VALUE;
        }
    }
}
