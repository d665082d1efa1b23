/**
 * A training's numbers for other programs: tables ({@link dev.fern.tools.log.MetricsTables}) and
 * TensorBoard's event files ({@link dev.fern.tools.log.TensorBoardLog}).
 *
 * <p>What {@link dev.fern.detection.train.TrainingListener} is told comes in through {@link
 * dev.fern.tools.log.RunLogs}; files in the run's folder go out, each number in them as soon as it
 * is known, so that a process that is killed loses none.
 */
package dev.fern.tools.log;
