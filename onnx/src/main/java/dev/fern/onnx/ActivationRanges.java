package dev.fern.onnx;

import java.util.Map;

/**
 * The ranges of the values of a network's maps, as {@link Calibration} measures them.
 *
 * @param ranges by the maps' names
 */
public record ActivationRanges(Map<String, Range> ranges) {

    /**
     * The values that integers stand for; larger and smaller ones are clipped.
     *
     * @param min at most 0
     * @param max at least 0, larger than {@code min}
     */
    public record Range(float min, float max) {

        /**
         * Checks the numbers.
         *
         * @param min at most 0
         * @param max at least 0, larger than {@code min}
         * @throws IllegalArgumentException if they are not finite or do not enclose 0
         */
        public Range {
            if (!(min <= 0 && max >= 0 && min < max && max - min < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "a range must be finite and enclose 0, unlike " + min + " to " + max);
            }
        }
    }

    /**
     * Copies the ranges.
     *
     * @param ranges by the maps' names
     */
    public ActivationRanges {
        ranges = Map.copyOf(ranges);
    }

    Range of(String map) {
        Range range = ranges.get(map);
        if (range == null) {
            throw new IllegalArgumentException("no range is known of the map " + map);
        }
        return range;
    }
}
