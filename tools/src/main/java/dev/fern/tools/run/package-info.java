/**
 * A run's folder as a person looks at it.
 *
 * <p>{@link dev.fern.tools.run.RunRecord} keeps where a run comes from, {@link
 * dev.fern.tools.run.RunHistory} reads its metrics, {@link dev.fern.tools.run.RunCurves} draws them
 * as PNG files into the folder, and {@link dev.fern.tools.run.ReportCommand} makes one page of
 * everything.
 */
package dev.fern.tools.run;
