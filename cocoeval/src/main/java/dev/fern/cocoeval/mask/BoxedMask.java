package dev.fern.cocoeval.mask;

/** A mask with its box at hand, to be compared with many others. */
public final class BoxedMask {
    private final Rle mask;
    private final double[] box;

    /**
     * Finds the box.
     *
     * @param mask to be compared
     * @throws IllegalArgumentException as {@link Rle#box} throws it
     */
    public BoxedMask(Rle mask) {
        this.mask = mask;
        box = mask.box();
    }

    /**
     * Tells whether a box lies on this mask's box; if not, the overlap is 0 whatever the pixels.
     *
     * @param other of another mask: left, top, width and height in pixels
     * @return whether the boxes meet
     */
    public boolean boxMeets(double[] other) {
        return RunOverlap.meet(other, box, false);
    }

    /**
     * Computes the overlap with a truth.
     *
     * @param truth of the same size
     * @param crowd whether to divide by this mask's area rather than the union's
     * @return {@link Rle#iou} or {@link Rle#partWithin}
     * @throws IllegalArgumentException as {@link Rle#iou} throws it
     */
    public double overlap(BoxedMask truth, boolean crowd) {
        return RunOverlap.iou(mask, box, truth.mask, truth.box, crowd);
    }
}
