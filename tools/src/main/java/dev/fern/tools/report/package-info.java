/**
 * Plots, and pages about a run, an evaluation, a comparison or a sweep.
 *
 * <p>A {@link dev.fern.tools.report.Plot} is described once, in the coordinates of its axes, and
 * drawn on a {@link dev.fern.tools.report.Canvas}: as SVG within a page, or as pixels of a PNG
 * file. PNG files need fonts on the machine; pages need none. No display is needed.
 *
 * <p>A run's numbers come in as {@link dev.fern.tools.report.StepCurves} and {@link
 * dev.fern.tools.report.EpochScores}. PNG files go out through {@link
 * dev.fern.tools.report.Plot#writePng}; pages of HTML, which need no other file, through {@link
 * dev.fern.tools.report.RunReport}, {@link dev.fern.tools.report.EvaluationReport} and {@link
 * dev.fern.tools.report.ComparisonReport}.
 */
package dev.fern.tools.report;
