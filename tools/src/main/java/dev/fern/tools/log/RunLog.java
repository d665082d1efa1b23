package dev.fern.tools.log;

import dev.fern.detection.train.TrainingListener.Step;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;

/** A form in which a training's numbers are kept. */
interface RunLog extends Closeable {

    /**
     * The training starts or goes on; nothing was kept yet in this process.
     *
     * @param firstStep number of the next step, from 1
     */
    void started(long firstStep) throws IOException;

    /** A step was taken, and is in the run's metrics. */
    void step(Step step) throws IOException;

    /**
     * The model was evaluated, and the numbers are in the run's metrics.
     *
     * @param step the last that was taken
     * @param numbers by name
     */
    void evaluated(long step, Map<String, Double> numbers) throws IOException;
}
