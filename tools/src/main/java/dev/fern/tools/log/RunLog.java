package dev.fern.tools.log;

import dev.fern.detection.train.TrainingListener.Step;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;

/** Keeps a training's numbers in one form. */
interface RunLog extends Closeable {

    /**
     * Is told that the training starts or goes on, before everything else in this process.
     *
     * @param firstStep number of the next step, from 1
     */
    void started(long firstStep) throws IOException;

    /** Is told of a step that was taken and is in the run's metrics. */
    void step(Step step) throws IOException;

    /**
     * Is told of an evaluation whose numbers are in the run's metrics.
     *
     * @param step number of the last step that was taken, from 1
     * @param numbers the evaluation's numbers by name
     */
    void evaluated(long step, Map<String, Double> numbers) throws IOException;
}
