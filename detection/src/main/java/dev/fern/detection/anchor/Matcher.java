package dev.fern.detection.anchor;

import java.util.Arrays;

/**
 * Assigns ground-truth boxes to anchors by their overlap (Lin et al., ICCV 2017, section 4; ties
 * and low-quality matches as torchvision's {@code Matcher}).
 *
 * @param positiveIou an anchor whose best overlap reaches this is matched to that box
 * @param negativeIou an anchor whose best overlap is below this is background; between the two it
 *     is ignored
 * @param lowQualityMatches whether the anchors that overlap a box best are matched even below
 *     {@code positiveIou}, so that boxes unlike any anchor are learned too; such an anchor is
 *     matched to the box that it overlaps best itself, which may be another one
 */
public record Matcher(float positiveIou, float negativeIou, boolean lowQualityMatches) {

    /** Marks an anchor as background. */
    public static final int BACKGROUND = -1;

    /** Marks an anchor that takes no part in the classification loss. */
    public static final int IGNORED = -2;

    /**
     * Checks 0 &lt;= {@code negativeIou} &lt;= {@code positiveIou} &lt;= 1.
     *
     * @param positiveIou up to 1
     * @param negativeIou 0 to {@code positiveIou}
     * @param lowQualityMatches whether the best anchors of a box match even below {@code
     *     positiveIou}
     * @throws IllegalArgumentException if a value is out of its range
     */
    public Matcher {
        if (!(0 <= negativeIou && negativeIou <= positiveIou && positiveIou <= 1)) {
            throw new IllegalArgumentException(
                    "matching needs 0 <= negative IoU <= positive IoU <= 1, not "
                            + negativeIou
                            + " and "
                            + positiveIou);
        }
    }

    /**
     * {@return the paper's matcher: positive from 0.5, background below 0.4, low-quality matches
     * allowed}
     */
    public static Matcher retinaNet() {
        return new Matcher(0.5f, 0.4f, true);
    }

    /**
     * Finds the box of each anchor.
     *
     * @param anchors [A * 4], x1, y1, x2, y2 of each anchor
     * @param boxes [n * 4], ground truth, x1, y1, x2, y2 of each box
     * @return [A], for each anchor the index of its box, {@link #BACKGROUND} or {@link #IGNORED}
     */
    public int[] match(float[] anchors, float[] boxes) {
        int anchorCount = anchors.length / 4;
        int[] matches = new int[anchorCount];
        Arrays.fill(matches, BACKGROUND);
        if (boxes.length == 0) {
            return matches;
        }
        OverlapRows rows = new OverlapRows(anchors);
        float[] bestOfAnchor = new float[anchorCount];
        int[] boxOfAnchor = new int[anchorCount];
        boolean[] restored = new boolean[anchorCount];
        for (int b = 0; b < boxes.length / 4; b++) {
            float[] overlaps = rows.with(boxes, 4 * b);
            float bestOfBox = 0;
            for (int a = 0; a < anchorCount; a++) {
                float iou = overlaps[a];
                if (iou > bestOfAnchor[a]) {
                    bestOfAnchor[a] = iou;
                    boxOfAnchor[a] = b;
                }
                if (iou > bestOfBox) {
                    bestOfBox = iou;
                }
            }
            if (lowQualityMatches && bestOfBox > 0) {
                restore(overlaps, bestOfBox, restored);
            }
        }
        for (int a = 0; a < anchorCount; a++) {
            if (restored[a] || bestOfAnchor[a] >= positiveIou) {
                matches[a] = boxOfAnchor[a];
            } else if (bestOfAnchor[a] >= negativeIou) {
                matches[a] = IGNORED;
            }
        }
        return matches;
    }

    /**
     * Marks the anchors that overlap a box best. A box that no anchor overlaps at all is left out
     * by the caller, since it would match every anchor.
     */
    private static void restore(float[] overlaps, float best, boolean[] restored) {
        for (int a = 0; a < overlaps.length; a++) {
            if (overlaps[a] == best) {
                restored[a] = true;
            }
        }
    }
}
