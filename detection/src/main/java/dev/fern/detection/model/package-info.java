/**
 * The detector: {@link dev.fern.detection.model.RetinaNet} is the network, {@link
 * dev.fern.detection.model.PostProcessor} makes detections of its outputs, {@link
 * dev.fern.detection.model.ModelDirectory} keeps both on disk with all that is needed to use them,
 * and {@link dev.fern.detection.model.Detector} is images in, detections out. {@link
 * dev.fern.detection.model.DetectorBlockFactory} and {@link
 * dev.fern.detection.model.DetectorTranslatorFactory} are the same for programs that load models by
 * plain DJL.
 *
 * <p>{@link dev.fern.detection.pretrain.Classifier}, on disk a {@link
 * dev.fern.detection.pretrain.ClassifierDirectory}, is what trains a backbone before it becomes a
 * detector's by {@link dev.fern.detection.pretrain.BackboneWeights}.
 */
package dev.fern.detection.model;
