/**
 * Training: {@link dev.fern.detection.train.Trainer} is the loop with optimiser steps, evaluation,
 * checkpoints and metrics around any {@link dev.fern.detection.train.TrainingTask}. {@link
 * dev.fern.detection.train.DetectionTask} is that of a detector: {@link
 * dev.fern.detection.train.GradientStep} computes the gradients of a batch, {@link
 * dev.fern.detection.train.GradientLanes} splits it among threads, and {@link
 * dev.fern.detection.train.SgdOptimizer} applies them. {@link
 * dev.fern.detection.pretrain.ClassificationTask} is that of a classifier.
 */
package dev.fern.detection.train;
