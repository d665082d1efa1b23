/**
 * Training: a network and a data set go in, a {@link dev.fern.detection.train.RunDirectory} with
 * models, checkpoints and metrics comes out. {@link dev.fern.detection.train.Trainer} is the loop
 * of optimiser steps, evaluations and checkpoints around any {@link
 * dev.fern.detection.train.TrainingTask}. {@link dev.fern.detection.train.DetectionTask} is the
 * task of a detector: {@link dev.fern.detection.train.GradientStep} computes the gradients of a
 * batch, {@link dev.fern.detection.train.GradientLanes} splits the batch among threads or devices,
 * and {@link dev.fern.detection.train.SgdOptimizer} takes the step. {@link
 * dev.fern.detection.pretrain.ClassificationTask} is the task of a classifier.
 */
package dev.fern.detection.train;
