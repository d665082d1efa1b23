package dev.fern.tools.report;

/**
 * COCO's headline scores after one epoch, from 0 to 1; -1 where undefined.
 *
 * @param epoch counted from 1
 * @param ap mean over IoU thresholds 0.50 to 0.95
 * @param ap50 at IoU 0.50
 * @param ap75 at IoU 0.75
 */
public record EpochScores(int epoch, double ap, double ap50, double ap75) {}
