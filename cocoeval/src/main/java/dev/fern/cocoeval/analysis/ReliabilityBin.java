package dev.fern.cocoeval.analysis;

/**
 * Detections of similar score.
 *
 * @param least scores are above this, or equal in the first bin
 * @param most scores are at most this
 * @param count how many detections
 * @param meanScore -1 without detections
 * @param precision the part of them that is right, -1 without detections
 */
public record ReliabilityBin(
        double least, double most, int count, double meanScore, double precision) {}
