/**
 * {@code fern sweep}: trains a detector under every combination of norms, batch sizes and seeds,
 * and reports how accuracy changes with the batch size.
 *
 * <p>{@link dev.fern.tools.sweep.Grid} and {@link dev.fern.tools.sweep.Scaling} make the cells and
 * their settings. {@link dev.fern.tools.sweep.SweepRunner} trains each cell with {@code fern train}
 * in a process and a folder of its own. {@link dev.fern.tools.sweep.SweepResults} reads what the
 * cells left there, and {@link dev.fern.tools.sweep.SweepOutput} writes CSV, JSON, Markdown with
 * plots, and an HTML page. All state is in the folder: a sweep that was stopped goes on with the
 * same command.
 */
package dev.fern.tools.sweep;
