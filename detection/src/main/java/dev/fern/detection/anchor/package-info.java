/**
 * Anchors and what they should predict: {@link dev.fern.detection.anchor.AnchorGenerator} lays them
 * over a canvas, {@link dev.fern.detection.anchor.Matcher} assigns ground truth, {@link
 * dev.fern.detection.anchor.BoxCoder} turns boxes into regression targets and back. Plain Java on
 * primitive arrays; boxes are x1, y1, x2, y2 in canvas pixels.
 */
package dev.fern.detection.anchor;
