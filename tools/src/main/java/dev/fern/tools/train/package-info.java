/**
 * {@code fern train} and {@code fern pretrain}. They make a configuration of the options, open or
 * resume a run, and carry out the training with progress, evaluations and checkpoints.
 */
package dev.fern.tools.train;
