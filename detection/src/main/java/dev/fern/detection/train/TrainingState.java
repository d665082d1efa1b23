package dev.fern.detection.train;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.util.Map;

/** What a training changes: the network, the optimiser, and the average of the weights. */
final class TrainingState {

    private final TrainingTask<?> task;

    /** Null if no average is taken. */
    private final WeightAverage average;

    /**
     * Makes the state of a training that begins with the network as it is.
     *
     * @param emaDecay decay of the {@link WeightAverage}; 0 for no average
     */
    TrainingState(TrainingTask<?> task, double emaDecay) {
        this.task = task;
        this.average = emaDecay > 0 ? new WeightAverage(task.network(), emaDecay) : null;
    }

    /**
     * Takes a step, unless the gradients are not finite.
     *
     * @param rate learning rate
     * @param step number of the step, from 1
     * @return the norm of all gradients together
     */
    double step(double rate, long step) {
        double norm = task.optimizer().step(rate);
        if (average != null && Double.isFinite(norm)) {
            average.update(step);
        }
        return norm;
    }

    /** Scores the model: the average of the weights if one is taken, else the network as it is. */
    Map<String, Double> evaluate() throws IOException, InterruptedException {
        if (average == null) {
            return task.evaluate();
        }
        Map<String, Tensor> trained = average.putIntoNetwork();
        try {
            return task.evaluate();
        } finally {
            ParameterValues.assign(task.network(), trained);
        }
    }

    /** {@return a copy of the parameters of the model, which are the average if one is taken} */
    Map<String, Tensor> model() {
        return average == null ? ParameterValues.copyOf(task.network()) : average.copy();
    }

    /** {@return a copy of the whole state, to be written} */
    Checkpoint checkpoint(Progress progress) {
        return new Checkpoint(
                progress,
                ParameterValues.copyOf(task.network()),
                task.optimizer().copyState(),
                average == null ? Map.of() : average.copy());
    }

    /**
     * Goes back to a checkpoint. If it holds no average, a new one begins with its parameters.
     *
     * @throws IllegalArgumentException if it is of another network
     */
    void restore(Checkpoint checkpoint) {
        ParameterValues.assign(task.network(), checkpoint.parameters());
        task.optimizer().restoreState(checkpoint.velocities());
        if (average != null) {
            average.restore(checkpoint.model());
        }
    }
}
