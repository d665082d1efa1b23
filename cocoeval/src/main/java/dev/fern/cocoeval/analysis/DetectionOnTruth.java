package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.MatchedDetection;
import dev.fern.cocoeval.MatchedTruth;

/**
 * A detection and the object that it lies on.
 *
 * @param iou their intersection over union
 */
public record DetectionOnTruth(MatchedDetection detection, MatchedTruth truth, double iou) {}
