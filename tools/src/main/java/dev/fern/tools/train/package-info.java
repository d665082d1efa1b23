/**
 * {@code fern train} and {@code fern pretrain}: options become a configuration, a run is opened or
 * resumed, and the training is carried out with progress, evaluations and checkpoints.
 */
package dev.fern.tools.train;
