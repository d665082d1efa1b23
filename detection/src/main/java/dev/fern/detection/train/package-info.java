/**
 * Training: {@link dev.fern.detection.train.GradientStep} computes the gradients of a batch, {@link
 * dev.fern.detection.train.SgdOptimizer} applies them, {@link dev.fern.detection.train.Trainer} is
 * the loop around both with evaluation, checkpoints and metrics.
 */
package dev.fern.detection.train;
