package dev.fern.detection.verify;

/** Compares numbers that may be large or small. */
final class Relative {

    private Relative() {}

    /** Returns the difference, relative to the expected value where that is above 1. */
    static double difference(double expected, double value) {
        return Math.abs(expected - value) / Math.max(1, Math.abs(expected));
    }
}
