/**
 * The training of a backbone as a classifier. Images in folders go in, one sub-folder per class
 * ({@link dev.fern.detection.pretrain.ClassificationDataset}). A {@link
 * dev.fern.detection.pretrain.Classifier} in a {@link
 * dev.fern.detection.pretrain.ClassifierDirectory} comes out, from whose backbone a detector can
 * start, see {@link dev.fern.detection.pretrain.BackboneWeights}. The training loop is that of
 * {@link dev.fern.detection.train}, with a {@link dev.fern.detection.pretrain.ClassificationTask}.
 * {@link dev.fern.detection.pretrain.DetectorWeights} starts a detector from all of another one.
 */
package dev.fern.detection.pretrain;
