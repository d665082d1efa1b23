package dev.fern.cocoeval.mask;

import java.util.Arrays;
import java.util.List;

/** The union or intersection of masks: {@code rleMerge} of pycocotools. */
final class RunMerge {
    /** So many runs are passed in one merge at most; sound masks stay far below. */
    private static final long MOST_STEPS = 1L << 31;

    private final boolean intersect;
    private int[] merged = new int[64];
    private long steps;

    private RunMerge(boolean intersect) {
        this.intersect = intersect;
    }

    static Rle union(List<Rle> masks) {
        return new RunMerge(false).merge(masks);
    }

    static Rle intersection(List<Rle> masks) {
        return new RunMerge(true).merge(masks);
    }

    private Rle merge(List<Rle> masks) {
        Rle first = masks.get(0);
        if (masks.size() == 1) {
            return first;
        }
        for (Rle mask : masks) {
            if (mask.height() != first.height() || mask.width() != first.width()) {
                return new Rle(0, 0, new int[0]);
            }
        }
        long total = regularTotal(first);
        if (total < 0 || masks.stream().anyMatch(mask -> regularTotal(mask) != total)) {
            // odd masks give what pycocotools gives only in its own order
            Rle result = first;
            for (Rle mask : masks.subList(1, masks.size())) {
                result = merge(result, mask);
            }
            return result;
        }
        return tree(masks);
    }

    /** Merges halves first, so that thousands of parts take no thousands of long merges. */
    private Rle tree(List<Rle> masks) {
        int half = masks.size() / 2;
        return half == 0
                ? masks.get(0)
                : merge(tree(masks.subList(0, half)), tree(masks.subList(half, masks.size())));
    }

    /** The sum of the runs; -1 if one of them, except the first, is empty or there are none. */
    private static long regularTotal(Rle mask) {
        int[] runs = mask.unsignedRuns();
        long total = runs.length == 0 ? -1 : Integer.toUnsignedLong(runs[0]);
        for (int i = 1; i < runs.length; i++) {
            if (runs[i] == 0) {
                return -1;
            }
            total += Integer.toUnsignedLong(runs[i]);
        }
        return total > 0xffff_ffffL ? -1 : total;
    }

    private Rle merge(Rle first, Rle second) {
        int[] a = first.unsignedRuns();
        int[] b = second.unsignedRuns();
        if (a.length == 0 || b.length == 0) {
            throw new IllegalArgumentException("a mask without runs can't be merged with others");
        }
        steps += a.length + b.length;
        if (steps > MOST_STEPS) {
            throw new IllegalArgumentException("the mask has too many parts to merge");
        }
        int count = 0;
        int nextA = 1;
        int nextB = 1;
        int leftA = a[0];
        int leftB = b[0];
        boolean inA = false;
        boolean inB = false;
        boolean inside = false;
        int run = 0;
        int left;
        do {
            int step = Integer.compareUnsigned(leftA, leftB) < 0 ? leftA : leftB;
            run += step;
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
                throw new IllegalArgumentException(RunOverlap.UNEQUAL);
            }
            boolean nowInside = intersect ? inA && inB : inA || inB;
            if (nowInside != inside || left == 0) {
                merged = count == merged.length ? Arrays.copyOf(merged, 2 * count) : merged;
                merged[count++] = run;
                run = 0;
            }
            inside = nowInside;
        } while (left != 0);
        return Rle.packed(first.height(), first.width(), Arrays.copyOf(merged, count));
    }
}
