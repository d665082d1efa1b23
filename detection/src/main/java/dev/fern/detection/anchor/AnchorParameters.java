package dev.fern.detection.anchor;

import java.util.List;

/**
 * The anchors of a RetinaNet (Lin et al., ICCV 2017, section 4).
 *
 * @param sizes side of the smallest anchor of each pyramid level, in pixels of the canvas
 * @param scales factors on that side; {1, 2^(1/3), 2^(2/3)} in the paper
 * @param aspectRatios height over width; {0.5, 1, 2} in the paper
 * @param rounding how sides and places become numbers of pixels
 */
public record AnchorParameters(
        List<Double> sizes, List<Double> scales, List<Double> aspectRatios, Rounding rounding) {

    /** How the exact sides of anchors, and their places on the canvas, are rounded. */
    public enum Rounding {
        /**
         * As torchvision: size times scale is cut to an integer, then half of each side is rounded
         * (half to even). The step from anchor to anchor is the canvas divided by the level's map,
         * cut to an integer. Weights that were trained with torchvision need it.
         */
        TORCHVISION,
        /**
         * No rounding, as detectron2: the centres are the multiples of the level's stride, 8 to 128
         * pixels.
         */
        NONE,
        /**
         * No rounding, as keras-retinanet and yhenon/pytorch-retinanet: the centres are half a
         * stride to the right of and below the multiples of the level's stride.
         */
        NONE_CENTRED
    }

    /** Number of levels of the pyramid, P3 to P7. */
    public static final int LEVELS = 5;

    /** More anchors per place than any use needs, but far fewer than a damaged file may ask for. */
    private static final int MAX_PER_LOCATION = 256;

    /**
     * Checks the lists.
     *
     * @param sizes as many as there are levels, each above 0
     * @param scales at least one, each above 0
     * @param aspectRatios at least one, each above 0
     * @param rounding how sides become numbers of pixels
     * @throws IllegalArgumentException if a list has another length or a value is out of its range,
     *     or if scales times aspect ratios make more than 256 anchors per place
     */
    public AnchorParameters {
        sizes = List.copyOf(sizes);
        scales = List.copyOf(scales);
        aspectRatios = List.copyOf(aspectRatios);
        if (sizes.size() != LEVELS) {
            throw new IllegalArgumentException(
                    "anchor sizes: one for each of the " + LEVELS + " levels, not " + sizes);
        }
        requirePositive("anchor sizes", sizes);
        requirePositive("anchor scales", scales);
        requirePositive("anchor aspect ratios", aspectRatios);
        long perLocation = (long) scales.size() * aspectRatios.size();
        if (perLocation > MAX_PER_LOCATION) {
            throw new IllegalArgumentException(
                    "anchor scales times aspect ratios are "
                            + perLocation
                            + " anchors per place; the limit is "
                            + MAX_PER_LOCATION);
        }
    }

    private static void requirePositive(String name, List<Double> values) {
        if (values.isEmpty() || values.stream().anyMatch(v -> !(v > 0) || v.isInfinite())) {
            throw new IllegalArgumentException(name + " must be positive numbers, not " + values);
        }
    }

    /** {@return the paper's anchors, the smallest of 32 pixels, rounded as torchvision} */
    public static AnchorParameters retinaNet() {
        return ofBaseSize(32);
    }

    /**
     * Returns the paper's anchors scaled to another smallest size: sizes s, 2s, 4s, 8s, 16s.
     *
     * @param size side of the smallest anchor in pixels
     * @return the anchors, rounded as torchvision
     */
    public static AnchorParameters ofBaseSize(double size) {
        return new AnchorParameters(
                List.of(size, 2 * size, 4 * size, 8 * size, 16 * size),
                List.of(1.0, Math.pow(2, 1 / 3.0), Math.pow(2, 2 / 3.0)),
                List.of(0.5, 1.0, 2.0),
                Rounding.TORCHVISION);
    }

    /** {@return how many anchors stand at each place of a feature map} */
    public int perLocation() {
        return scales.size() * aspectRatios.size();
    }
}
