package dev.fern.detection.data;

import dev.fern.detection.image.ColorChange;

/**
 * How far light and colour are changed at random; 0 everywhere changes nothing.
 *
 * @param brightness b, 0 to 1: the factor on the brightness is drawn from 1 - b to 1 + b
 * @param contrast c, 0 to 1: the factor on the contrast is drawn from 1 - c to 1 + c
 * @param saturation s, 0 to 1: the factor on the saturation is drawn from 1 - s to 1 + s
 * @param hue h, 0 to 180: the hue is turned by -h to h degrees
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue) {

    /** The jitter that changes nothing. */
    public static final ColorJitter OFF = new ColorJitter(0, 0, 0, 0);

    /**
     * Checks the ranges.
     *
     * @param brightness 0 to 1
     * @param contrast 0 to 1
     * @param saturation 0 to 1
     * @param hue 0 to 180
     * @throws IllegalArgumentException if one is out of its range
     */
    public ColorJitter {
        if (!isWithin(brightness, 1)
                || !isWithin(contrast, 1)
                || !isWithin(saturation, 1)
                || !isWithin(hue, 180)) {
            throw new IllegalArgumentException(
                    String.format(
                            "colour jitter with brightness %s, contrast %s, saturation %s (each 0"
                                    + " to 1), hue %s (0 to 180)",
                            brightness, contrast, saturation, hue));
        }
    }

    private static boolean isWithin(double value, double limit) {
        return value >= 0 && value <= limit;
    }

    /**
     * Returns the change at a place within the ranges.
     *
     * @param u [4], each in [0, 1): where brightness, contrast, saturation and hue lie within their
     *     ranges; one half is the middle, which changes nothing
     * @return the change
     */
    public ColorChange at(double[] u) {
        return new ColorChange(
                1 + brightness * (2 * u[0] - 1),
                1 + contrast * (2 * u[1] - 1),
                1 + saturation * (2 * u[2] - 1),
                hue * (2 * u[3] - 1));
    }
}
