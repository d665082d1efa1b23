package dev.fern.detection.train;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.util.Map;

/** What a training changes: the network, the optimiser, and the average of the weights. */
final class TrainingState {

    private final TrainingTask<?> task;

    /** Null where none is taken. */
    private final WeightAverage average;

    /**
     * The state of a training that begins.
     *
     * @param emaDecay of the {@link WeightAverage}; 0 for none
     */
    TrainingState(TrainingTask<?> task, double emaDecay) {
        this.task = task;
        this.average = emaDecay > 0 ? new WeightAverage(task.network(), emaDecay) : null;
    }

    /**
     * Takes a step, unless the gradients are not finite.
     *
     * @param step its number, from 1
     * @return the gradients' norm
     */
    double step(double rate, long step) {
        double norm = task.optimizer().step(rate);
        if (average != null && Double.isFinite(norm)) {
            average.update(step);
        }
        return norm;
    }

    /** Scores the model: the average of the weights where one is taken. */
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

    /** Returns a copy of the model's parameters. */
    Map<String, Tensor> model() {
        return average == null ? ParameterValues.copyOf(task.network()) : average.copy();
    }

    /** Returns a copy of everything. */
    Checkpoint checkpoint(Progress progress) {
        return new Checkpoint(
                progress,
                ParameterValues.copyOf(task.network()),
                task.optimizer().copyState(),
                average == null ? Map.of() : average.copy());
    }

    /**
     * Goes back to a checkpoint. One that holds no average begins it anew.
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
