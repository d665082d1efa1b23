package dev.fern.cocoeval.mask;

import dev.fern.cocoeval.numpy.CMath;

/** The overlap of two masks, run by run: {@code rleIou} of pycocotools. */
final class RunOverlap {
    /** Why two masks can't be compared that pycocotools would compare for ever. */
    static final String UNEQUAL =
            "the runs of two masks of one size sum to different totals; give every mask runs that"
                    + " sum to height x width";

    private RunOverlap() {}

    /**
     * Computes the overlap; boxes first, since most masks are far apart.
     *
     * @param boxA of {@code a}, xywh
     * @param boxB of {@code b}, xywh
     * @param crowd whether to divide by the area of {@code a} rather than the union's
     */
    static double iou(Rle a, double[] boxA, Rle b, double[] boxB, boolean crowd) {
        if (!meet(boxA, boxB, crowd)) {
            return 0;
        }
        if (a.height() != b.height() || a.width() != b.width()) {
            return -1;
        }
        return iou(a.unsignedRuns(), b.unsignedRuns(), crowd);
    }

    /** Whether {@code bbIou} is above 0. */
    static boolean meet(double[] a, double[] b, boolean crowd) {
        double width = CMath.lesser(a[2] + a[0], b[2] + b[0]) - CMath.greater(a[0], b[0]);
        double height = CMath.lesser(a[3] + a[1], b[3] + b[1]) - CMath.greater(a[1], b[1]);
        if (width <= 0 || height <= 0) {
            return false;
        }
        double intersection = width * height;
        double areaA = a[2] * a[3];
        return intersection / (crowd ? areaA : areaA + b[2] * b[3] - intersection) > 0;
    }

    private static double iou(int[] a, int[] b, boolean crowd) {
        int nextA = 1;
        int nextB = 1;
        int leftA = a[0];
        int leftB = b[0];
        boolean inA = false;
        boolean inB = false;
        int intersection = 0;
        int union = 0;
        int left;
        // ends early where both have an empty run at one place, as pycocotools does
        do {
            int step = Integer.compareUnsigned(leftA, leftB) < 0 ? leftA : leftB;
            if (inA || inB) {
                union += step;
                intersection += inA && inB ? step : 0;
            }
            boolean goesOn = step != 0;
            leftA -= step;
            if (leftA == 0 && nextA < a.length) {
                leftA = a[nextA++];
                inA = !inA;
                goesOn = true;
            }
            leftB -= step;
            if (leftB == 0 && nextB < b.length) {
                leftB = b[nextB++];
                inB = !inB;
                goesOn = true;
            }
            left = leftA + leftB;
            if (!goesOn && left != 0) {
                throw new IllegalArgumentException(UNEQUAL);
            }
        } while (left != 0);
        if (intersection == 0) {
            return 0;
        }
        if (crowd) {
            union = 0;
            for (int i = 1; i < a.length; i += 2) {
                union += a[i];
            }
        }
        return (double) Integer.toUnsignedLong(intersection) / Integer.toUnsignedLong(union);
    }
}
