/**
 * {@code fern sweep}: trains a detector under every combination of norms, batch sizes and seeds,
 * and reports how accuracy changes with the batch size.
 *
 * <p>{@link dev.fern.tools.sweep.SweepPlan} says which cells are to be trained next, at which
 * learning rates, as {@link dev.fern.tools.sweep.RateSearch} decides; {@link
 * dev.fern.tools.sweep.Scaling} makes their settings. {@link dev.fern.tools.sweep.SweepRunner}
 * trains each cell with {@code fern train} in a process and a folder of its own. {@link
 * dev.fern.tools.sweep.SweepOutput} gathers what the cells left there, and {@link
 * dev.fern.tools.sweep.ResultFiles} writes CSV, JSON, Markdown with plots, and an HTML page. All
 * state is in the folder: a sweep that was stopped goes on with the same command.
 */
package dev.fern.tools.sweep;
