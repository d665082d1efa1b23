/**
 * The detector: images go in, detections come out. {@link dev.fern.detection.model.Detector} does
 * both steps: {@link dev.fern.detection.model.RetinaNet} is the network, and {@link
 * dev.fern.detection.model.PostProcessor} makes detections of its outputs. {@link
 * dev.fern.detection.model.ModelDirectory} keeps a detector on disk with all that is needed to use
 * it. Programs that load models by plain DJL reach the same through {@link
 * dev.fern.detection.model.DetectorBlockFactory} and {@link
 * dev.fern.detection.model.DetectorTranslatorFactory}. {@link
 * dev.fern.detection.pretrain.BackboneWeights} takes the backbone of another detector, or of a
 * classifier, to start from.
 */
package dev.fern.detection.model;
