/**
 * Pictures of what happened in a training run, and a page about an evaluation.
 *
 * <p>Losses by step and scores by epoch come in as plain records through {@link
 * dev.fern.tools.report.TrainingCurves}; {@link dev.fern.tools.report.Figure}s go out, as PNG files
 * or as SVG to put into a page. An evaluation and its analysis come in through {@link
 * dev.fern.tools.report.EvaluationReport}, and a self-contained HTML page goes out. No display is
 * needed.
 */
package dev.fern.tools.report;
