package dev.fern.detection.device;

import java.util.Arrays;

/**
 * The boxes of a batch that post-processing starts from: the best logits of each level.
 *
 * @param values [N, rows + 1, {@value #COLUMNS}]: logit, index of the anchor, category, and the
 *     corners x1, y1, x2, y2 of the decoded box; the last row of an image is 1 if all its outputs
 *     were finite
 * @param images N
 */
public record Candidates(float[] values, int images) {

    private static final int COLUMNS = 7;

    /** {@return how many an image has} */
    public int count() {
        return values.length / images / COLUMNS - 1;
    }

    private int at(int image, int row) {
        return (image * (count() + 1) + row) * COLUMNS;
    }

    /**
     * {@return whether all of the network's outputs for an image were finite}
     *
     * @param image 0 to {@link #images} - 1
     */
    public boolean isFinite(int image) {
        return values[at(image, count())] == 1;
    }

    /**
     * {@return the logit of a candidate}
     *
     * @param image 0 to {@link #images} - 1
     * @param row 0 to {@link #count} - 1
     */
    public float logit(int image, int row) {
        return values[at(image, row)];
    }

    /**
     * {@return the index of a candidate's anchor among those of the canvas}
     *
     * @param image 0 to {@link #images} - 1
     * @param row 0 to {@link #count} - 1
     */
    public int anchor(int image, int row) {
        return (int) values[at(image, row) + 1];
    }

    /**
     * {@return the index of a candidate's category}
     *
     * @param image 0 to {@link #images} - 1
     * @param row 0 to {@link #count} - 1
     */
    public int category(int image, int row) {
        return (int) values[at(image, row) + 2];
    }

    /**
     * {@return x1, y1, x2, y2 in pixels of the canvas, not cut to it}
     *
     * @param image 0 to {@link #images} - 1
     * @param row 0 to {@link #count} - 1
     */
    public float[] box(int image, int row) {
        int first = at(image, row) + 3;
        return Arrays.copyOfRange(values, first, first + 4);
    }
}
