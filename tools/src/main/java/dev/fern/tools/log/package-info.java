/**
 * A training's numbers for other programs: as tables ({@link dev.fern.tools.log.MetricsTables}) and
 * as TensorBoard's event files ({@link dev.fern.tools.log.TensorBoardLog}).
 *
 * <p>The numbers come in through {@link dev.fern.tools.log.RunLogs}, which is a {@link
 * dev.fern.detection.train.TrainingListener}, and go out to files in the run's folder. Each number
 * is written as soon as it is known, so that a process that is killed loses none.
 */
package dev.fern.tools.log;
