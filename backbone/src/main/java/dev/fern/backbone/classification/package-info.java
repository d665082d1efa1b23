/**
 * Classifiers of whole images: {@link dev.fern.backbone.classification.BackboneClassifier} puts a
 * {@link dev.fern.backbone.classification.ClassificationHead} on a backbone, and {@link
 * dev.fern.backbone.classification.CrossEntropyLoss} computes in plain Java the loss of its logits
 * and the gradient that the engine propagates through the network.
 */
package dev.fern.backbone.classification;
