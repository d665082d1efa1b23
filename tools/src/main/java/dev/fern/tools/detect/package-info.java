/**
 * {@code fern detect}: runs a model on images and videos.
 *
 * <p>{@code Inputs} tells image files from what is read once. {@code DetectionRun} detects and
 * hands each {@link dev.fern.tools.detect.DetectedImage} to {@link
 * dev.fern.tools.detect.DetectionSink}s: drawings, crops, tables and files of labels.
 */
package dev.fern.tools.detect;
