package dev.fern.detection.image;

/**
 * Where an image lies in the network's input: resized, at the top left of a canvas whose rest is
 * zero.
 *
 * @param image size of the image itself
 * @param resized size of the image on the canvas
 * @param size size of the canvas, at least {@code resized} in both directions
 */
public record Canvas(ImageSize image, ImageSize resized, ImageSize size) {

    /**
     * Checks that the resized image fits on the canvas.
     *
     * @param image size of the image itself
     * @param resized at most {@code size} in both directions
     * @param size of the canvas
     * @throws IllegalArgumentException if the resized image does not fit
     */
    public Canvas {
        if (resized.width() > size.width() || resized.height() > size.height()) {
            throw new IllegalArgumentException(resized + " does not fit on " + size);
        }
    }

    /** {@return canvas pixels per image pixel, horizontally} */
    public double scaleX() {
        return (double) resized.width() / image.width();
    }

    /** {@return canvas pixels per image pixel, vertically} */
    public double scaleY() {
        return (double) resized.height() / image.height();
    }

    /**
     * Converts boxes from image pixels to canvas pixels.
     *
     * @param boxes [n * 4], x1 y1 x2 y2 of each box
     * @return a new array of the same layout
     */
    public float[] toCanvas(float[] boxes) {
        return scaled(boxes, scaleX(), scaleY());
    }

    /**
     * Converts boxes from canvas pixels to image pixels. It does not clip them to the image.
     *
     * @param boxes [n * 4], x1 y1 x2 y2 of each box
     * @return a new array of the same layout
     */
    public float[] toImage(float[] boxes) {
        return scaled(boxes, 1 / scaleX(), 1 / scaleY());
    }

    private static float[] scaled(float[] boxes, double x, double y) {
        float[] scaled = new float[boxes.length];
        for (int i = 0; i < boxes.length; i++) {
            scaled[i] = (float) (boxes[i] * (i % 2 == 0 ? x : y));
        }
        return scaled;
    }
}
