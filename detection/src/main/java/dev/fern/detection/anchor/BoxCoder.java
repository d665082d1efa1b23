package dev.fern.detection.anchor;

/**
 * Converts boxes to codes relative to anchors and back (Girshick et al., CVPR 2014): dx, dy are the
 * shift of the centre in anchor sides, dw, dh the logarithms of the ratios of box sides to anchor
 * sides. Boxes are x1, y1, x2, y2.
 */
public final class BoxCoder {

    /** Largest dw or dh: a box is at most 1000 / 16 times its anchor, as in torchvision. */
    public static final float MAX_LOG_RATIO = (float) Math.log(1000.0 / 16);

    private BoxCoder() {}

    /**
     * Encodes a box.
     *
     * @param boxes holds the box, whose sides are above 0
     * @param boxAt index of the box's x1 in {@code boxes}
     * @param anchors holds the anchor, whose sides are above 0
     * @param anchorAt index of the anchor's x1 in {@code anchors}
     * @param code receives dx, dy, dw, dh
     * @param codeAt index of dx in {@code code}
     */
    public static void encode(
            float[] boxes, int boxAt, float[] anchors, int anchorAt, float[] code, int codeAt) {
        float anchorWidth = anchors[anchorAt + 2] - anchors[anchorAt];
        float anchorHeight = anchors[anchorAt + 3] - anchors[anchorAt + 1];
        float width = boxes[boxAt + 2] - boxes[boxAt];
        float height = boxes[boxAt + 3] - boxes[boxAt + 1];
        code[codeAt] =
                (boxes[boxAt] + 0.5f * width - (anchors[anchorAt] + 0.5f * anchorWidth))
                        / anchorWidth;
        code[codeAt + 1] =
                (boxes[boxAt + 1] + 0.5f * height - (anchors[anchorAt + 1] + 0.5f * anchorHeight))
                        / anchorHeight;
        code[codeAt + 2] = (float) Math.log(width / anchorWidth);
        code[codeAt + 3] = (float) Math.log(height / anchorHeight);
    }

    /**
     * Decodes a box; dw and dh above {@link #MAX_LOG_RATIO} are cut to it.
     *
     * @param dx shift of the centre to the right in anchor widths
     * @param dy shift of the centre downwards in anchor heights
     * @param dw logarithm of box width over anchor width
     * @param dh logarithm of box height over anchor height
     * @param anchors holds the anchor
     * @param anchorAt index of the anchor's x1 in {@code anchors}
     * @param box receives x1, y1, x2, y2
     * @param boxAt index of x1 in {@code box}
     */
    public static void decode(
            float dx,
            float dy,
            float dw,
            float dh,
            float[] anchors,
            int anchorAt,
            float[] box,
            int boxAt) {
        float anchorWidth = anchors[anchorAt + 2] - anchors[anchorAt];
        float anchorHeight = anchors[anchorAt + 3] - anchors[anchorAt + 1];
        float centreX = dx * anchorWidth + anchors[anchorAt] + 0.5f * anchorWidth;
        float centreY = dy * anchorHeight + anchors[anchorAt + 1] + 0.5f * anchorHeight;
        float halfWidth = 0.5f * (float) Math.exp(Math.min(dw, MAX_LOG_RATIO)) * anchorWidth;
        float halfHeight = 0.5f * (float) Math.exp(Math.min(dh, MAX_LOG_RATIO)) * anchorHeight;
        box[boxAt] = centreX - halfWidth;
        box[boxAt + 1] = centreY - halfHeight;
        box[boxAt + 2] = centreX + halfWidth;
        box[boxAt + 3] = centreY + halfHeight;
    }
}
