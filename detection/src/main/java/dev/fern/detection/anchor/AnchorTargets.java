package dev.fern.detection.anchor;

/**
 * What each anchor of one image should predict.
 *
 * @param labels [anchors], each a category index, {@link Matcher#BACKGROUND} or {@link
 *     Matcher#IGNORED}
 * @param positives [P], indices of the anchors with a category, ascending
 * @param codes [P * 4], dx, dy, dw, dh of each of {@code positives}, see {@link BoxCoder}
 */
public record AnchorTargets(int[] labels, int[] positives, float[] codes) {

    /**
     * Matches an image's boxes to anchors.
     *
     * @param matcher decides which anchor gets which box
     * @param anchors anchors of the image's canvas
     * @param boxes [n * 4], ground truth in canvas pixels, x1, y1, x2, y2 of each box
     * @param categories [n], category index of each box
     * @return what the anchors should predict
     */
    public static AnchorTargets assign(
            Matcher matcher, Anchors anchors, float[] boxes, int[] categories) {
        int[] matches = matcher.match(anchors.boxes(), boxes);
        int count = 0;
        for (int match : matches) {
            count += match >= 0 ? 1 : 0;
        }
        int[] labels = new int[matches.length];
        int[] positives = new int[count];
        float[] codes = new float[count * 4];
        int p = 0;
        for (int a = 0; a < matches.length; a++) {
            if (matches[a] >= 0) {
                labels[a] = categories[matches[a]];
                positives[p] = a;
                BoxCoder.encode(boxes, 4 * matches[a], anchors.boxes(), 4 * a, codes, 4 * p);
                p++;
            } else {
                labels[a] = matches[a];
            }
        }
        return new AnchorTargets(labels, positives, codes);
    }
}
