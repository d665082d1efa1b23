package dev.fern.detection.image;

/**
 * The size of an image.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 */
public record ImageSize(int width, int height) {

    /** Checks that there are pixels. */
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
