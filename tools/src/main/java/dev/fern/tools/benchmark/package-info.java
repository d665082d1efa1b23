/**
 * The commands of {@code fern benchmark}: what a training step, a detection and an evaluation cost,
 * on made-up data, as medians of interleaved repeats. Numbers of one run may be compared with each
 * other; the machine's state is part of all of them.
 */
package dev.fern.tools.benchmark;
