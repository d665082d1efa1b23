package dev.fern.detection.image;

/**
 * How large the network sees an image: a function of that image's own size alone, so that a batch
 * can't change it. The size follows torchvision's {@code GeneralizedRCNNTransform}: the shorter
 * side is scaled to {@code minSize} unless the longer would exceed {@code maxSize}, both are
 * rounded down, and the canvas around them is rounded up to a multiple of {@code stride}.
 *
 * @param minSize wanted length of the shorter side in pixels, at least 1
 * @param maxSize largest length of the longer side in pixels, at least {@code minSize}
 * @param stride both sides of the canvas are multiples of it, at least 1
 */
public record CanvasRule(int minSize, int maxSize, int stride) {

    /** The stride of torchvision's detectors, which is also that of C5. */
    public static final int DEFAULT_STRIDE = 32;

    /** The largest {@link #maxSize}, for which three channels of floats are 3 GiB. */
    public static final int LARGEST_SIZE = 16384;

    /**
     * Checks the ranges.
     *
     * @param minSize 1 to {@code maxSize}
     * @param maxSize up to {@value #LARGEST_SIZE}
     * @param stride at least 1
     * @throws IllegalArgumentException if one is out of its range
     */
    public CanvasRule {
        if (minSize < 1 || maxSize < minSize || maxSize > LARGEST_SIZE || stride < 1) {
            throw new IllegalArgumentException(
                    String.format(
                            "canvas rule with min size %d, max size %d, stride %d: wanted"
                                    + " 1 <= min size <= max size <= %d and stride >= 1",
                            minSize, maxSize, stride, LARGEST_SIZE));
        }
    }

    /**
     * Makes a rule with a stride of {@value #DEFAULT_STRIDE}.
     *
     * @param minSize wanted length of the shorter side in pixels, 1 to {@code maxSize}
     * @param maxSize largest length of the longer side in pixels, up to {@value #LARGEST_SIZE}
     */
    public CanvasRule(int minSize, int maxSize) {
        this(minSize, maxSize, DEFAULT_STRIDE);
    }

    /**
     * Returns the canvas of an image.
     *
     * @param imageWidth in pixels, at least 1
     * @param imageHeight in pixels, at least 1
     * @return where the image lies in the network's input
     */
    public Canvas canvas(int imageWidth, int imageHeight) {
        ImageSize image = new ImageSize(imageWidth, imageHeight);
        // In double precision, products rounded down, as torchvision has it: 800 may become 799.
        double scale =
                Math.min(
                        (double) minSize / Math.min(image.width(), image.height()),
                        (double) maxSize / Math.max(image.width(), image.height()));
        int resizedWidth = Math.max(1, (int) (image.width() * scale));
        int resizedHeight = Math.max(1, (int) (image.height() * scale));
        return new Canvas(
                image,
                new ImageSize(resizedWidth, resizedHeight),
                new ImageSize(roundUp(resizedWidth), roundUp(resizedHeight)));
    }

    private int roundUp(int length) {
        return (length + stride - 1) / stride * stride;
    }
}
