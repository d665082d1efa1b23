/**
 * Boxes with labels, drawn on images.
 *
 * <p>A {@link dev.fern.detection.draw.DetectionPainter} draws {@link
 * dev.fern.detection.draw.LabelledBox}es onto a {@link dev.fern.detection.image.BgrImage}: one
 * colour per category, the labels in Java's fonts, so that they may be in any script that a font of
 * the machine has. Where the machine has no fonts at all, OpenCV's strokes write ASCII.
 */
package dev.fern.detection.draw;
