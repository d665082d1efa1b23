package dev.fern.detection.image;

/**
 * The size of an image or a canvas.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 */
public record ImageSize(int width, int height) {

    /**
     * Checks that there are pixels.
     *
     * @param width at least 1
     * @param height at least 1
     * @throws IllegalArgumentException if a side is below 1
     */
    public ImageSize {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("an image of " + width + "x" + height + " pixels");
        }
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
