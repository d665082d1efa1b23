package dev.fern.cocoeval.mask;

import dev.fern.cocoeval.mask.Segmentation.CompressedRuns;

/** Measures many compressed masks, one after the other, without unpacking each into an array. */
public final class MaskMeter {
    private int[] runs = new int[1024];
    private int count;
    private CompressedRuns measured;

    /**
     * Takes a mask to measure.
     *
     * @param mask whose area and box are asked for next
     * @throws IllegalArgumentException as {@link Rle#parse} throws it
     */
    public void measure(CompressedRuns mask) {
        if (runs.length < mask.text().length) {
            runs = new int[mask.text().length];
        }
        count = RunText.unpack(mask.text(), runs);
        measured = mask;
    }

    /** {@return the pixels of the object, modulo 2^32} */
    public long area() {
        return RunExtent.area(runs, count);
    }

    /**
     * Finds the box around the object.
     *
     * @return left, top, width and height in pixels
     * @throws IllegalArgumentException as {@link Rle#box} throws it
     */
    public double[] box() {
        return RunExtent.box(measured.height(), measured.width(), runs, count);
    }
}
