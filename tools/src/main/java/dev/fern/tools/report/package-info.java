/**
 * Pictures of what happened in a training run, and pages about a run, an evaluation or a
 * comparison.
 *
 * <p>A run's numbers come in as {@link dev.fern.tools.report.StepCurves} and {@link
 * dev.fern.tools.report.EpochScores}. PNG files go out through {@link
 * dev.fern.tools.report.TrainingCurves} and {@link dev.fern.tools.report.Figure}, which need fonts
 * on the machine; self-contained HTML pages through {@link dev.fern.tools.report.RunReport}, {@link
 * dev.fern.tools.report.EvaluationReport} and {@link dev.fern.tools.report.ComparisonReport}, which
 * draw SVG and need none. No display is needed.
 */
package dev.fern.tools.report;
