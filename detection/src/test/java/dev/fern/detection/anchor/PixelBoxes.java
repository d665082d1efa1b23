package dev.fern.detection.anchor;

import java.util.Random;

/**
 * Boxes with whole coordinates on a small grid, whose overlap is found by counting pixels.
 *
 * @param xyxy x1, y1, x2, y2 each
 */
record PixelBoxes(float[] xyxy) {

    private static final int SIDE = 24;

    /** A fraction that is compared exactly. */
    record Fraction(long numerator, long denominator) implements Comparable<Fraction> {

        static final Fraction ZERO = new Fraction(0, 1);

        @Override
        public int compareTo(Fraction other) {
            return Long.compare(numerator * other.denominator, other.numerator * denominator);
        }
    }

    /** Boxes of sides 1 to 12, often the same ones again. */
    static PixelBoxes random(Random random, int count) {
        float[] xyxy = new float[4 * count];
        for (int i = 0; i < xyxy.length; i += 4) {
            xyxy[i] = random.nextInt(SIDE - 12);
            xyxy[i + 1] = random.nextInt(SIDE - 12);
            xyxy[i + 2] = xyxy[i] + 1 + random.nextInt(12);
            xyxy[i + 3] = xyxy[i + 1] + 1 + random.nextInt(12);
        }
        return new PixelBoxes(xyxy);
    }

    int count() {
        return xyxy.length / 4;
    }

    Fraction iou(int i, PixelBoxes other, int j) {
        int both = 0;
        int either = 0;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                boolean inThis = covers(i, x, y);
                boolean inOther = other.covers(j, x, y);
                both += inThis && inOther ? 1 : 0;
                either += inThis || inOther ? 1 : 0;
            }
        }
        return new Fraction(both, Math.max(1, either));
    }

    private boolean covers(int i, int x, int y) {
        return x >= xyxy[4 * i]
                && y >= xyxy[4 * i + 1]
                && x < xyxy[4 * i + 2]
                && y < xyxy[4 * i + 3];
    }
}
