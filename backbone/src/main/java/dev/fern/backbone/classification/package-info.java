/**
 * Classifiers of whole images: {@link dev.fern.backbone.classification.ResNetClassifier} puts a
 * {@link dev.fern.backbone.classification.ClassificationHead} on a ResNet, {@link
 * dev.fern.backbone.classification.CrossEntropyLoss} says in plain Java how wrong its logits are
 * and gives the gradient that the engine propagates through the network.
 */
package dev.fern.backbone.classification;
