package dev.fern.detection.data;

import dev.fern.detection.image.ColorChange;

/**
 * How far light and colour are changed at random; 0 everywhere is off.
 *
 * @param brightness b: the factor is drawn from 1 - b to 1 + b; 0 to 1
 * @param contrast likewise for the contrast, 0 to 1
 * @param saturation likewise for the saturation, 0 to 1
 * @param hue h: the hue is turned by -h to h degrees; 0 to 180
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue) {

    /** No change. */
    public static final ColorJitter OFF = new ColorJitter(0, 0, 0, 0);

    /** Checks the ranges. */
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

    /** The change at four places u in [0, 1): the middle of the range is at one half. */
    public ColorChange at(double[] u) {
        return new ColorChange(
                1 + brightness * (2 * u[0] - 1),
                1 + contrast * (2 * u[1] - 1),
                1 + saturation * (2 * u[2] - 1),
                hue * (2 * u[3] - 1));
    }
}
