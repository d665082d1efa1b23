/**
 * COCO bounding-box data and its evaluation: what pycocotools does, to the last bit.
 *
 * <p>Annotations come in through {@link dev.fern.cocoeval.CocoDataset} and detections through
 * {@link dev.fern.cocoeval.CocoResults}, from files or from memory; {@link
 * dev.fern.cocoeval.CocoValidator} judges whether annotations are fit for training. {@link
 * dev.fern.cocoeval.CocoEvaluator} gives the numbers, {@link dev.fern.cocoeval.Matching} what
 * matched what on each image. The package depends on Gson alone.
 */
package dev.fern.cocoeval;
