/**
 * The commands of {@code fern benchmark}: what a training step, a detection and an evaluation cost,
 * on made-up data, as medians of interleaved repeats. Numbers of one run may be compared with each
 * other; those of different runs also differ by the state of the machine.
 */
package dev.fern.tools.benchmark;
