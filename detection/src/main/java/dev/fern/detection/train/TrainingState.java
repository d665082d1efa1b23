package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.train.CheckpointStore.Checkpoint;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** What a training changes: the network, the optimiser, and the average of the weights. */
final class TrainingState {

    private final TrainingTask<?> task;
    private final RingAllReduce ring;

    /** Null if no average is taken. */
    private final WeightAverage average;

    /**
     * Makes the state of a training that begins with the network as it is.
     *
     * @param emaDecay decay of the {@link WeightAverage}; 0 for no average
     * @param ring of the workers that train together
     */
    TrainingState(TrainingTask<?> task, double emaDecay, RingAllReduce ring) {
        this.task = task;
        this.ring = ring;
        this.average =
                emaDecay > 0 ? new WeightAverage(task.network(), emaDecay, task.onDevice()) : null;
    }

    /**
     * Gives all workers the network and the optimiser's state of worker 0. Every worker calls this
     * before its first step.
     */
    void distribute() throws IOException, InterruptedException {
        Map<String, Tensor> parameters = ParameterValues.copyOf(task.network());
        Map<String, Tensor> velocities = velocities();
        ring.broadcast(
                Stream.of(parameters, velocities)
                        .flatMap(tensors -> tensors.values().stream())
                        .map(tensor -> FloatBuffer.wrap(tensor.data()))
                        .toList());
        if (ring.rank() > 0) {
            ParameterValues.assign(task.network(), parameters);
            restoreVelocities(velocities);
        }
    }

    private Map<String, Tensor> velocities() {
        return task.onDevice()
                .map(device -> device.velocities().copy())
                .orElseGet(() -> task.optimizer().copyState());
    }

    private void restoreVelocities(Map<String, Tensor> velocities) {
        task.onDevice()
                .ifPresentOrElse(
                        device -> device.restoreVelocities(velocities),
                        () -> task.optimizer().restoreState(velocities));
    }

    /** {@return a checksum of all parameters and of the optimiser's state} */
    long checksum() {
        CRC32C checksum = new CRC32C();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * FloatChunks.SIZE);
        Stream.of(ParameterValues.copyOf(task.network()), velocities())
                .flatMap(tensors -> tensors.values().stream())
                .forEach(
                        tensor -> {
                            float[] values = tensor.data();
                            for (int i = 0; i < values.length; i += FloatChunks.SIZE) {
                                int count = Math.min(FloatChunks.SIZE, values.length - i);
                                bytes.clear().asFloatBuffer().put(values, i, count);
                                checksum.update(bytes.limit(Float.BYTES * count));
                            }
                        });
        return checksum.getValue();
    }

    /**
     * Takes a step with the gradients of all workers, unless they are not finite. Every worker
     * calls this.
     *
     * @param rate learning rate
     * @param step number of the step, from 1
     * @param images number of images of the step, of all workers
     * @return the norm of all gradients together; empty where it is still on the device, which then
     *     changes nothing if it is not finite
     * @throws IOException if another worker has ended; nothing has changed then but statistics that
     *     a norm keeps of batches
     */
    OptionalDouble step(double rate, long step, int images)
            throws IOException, InterruptedException {
        if (task.onDevice().isPresent()) {
            stepOnDevice(task.onDevice().get(), rate, images);
            if (average != null) {
                average.update(step);
            }
            return OptionalDouble.empty();
        }
        if (ring.size() > 1) {
            task.optimizer().sum(ring, images);
            shareStatistics();
        }
        double norm = task.optimizer().step(rate);
        if (average != null && Double.isFinite(norm)) {
            average.update(step);
        }
        return OptionalDouble.of(norm);
    }

    private void stepOnDevice(DeviceTraining device, double rate, int images)
            throws IOException, InterruptedException {
        if (ring.size() > 1) {
            device.sum(ring, images);
            shareStatistics();
        }
        device.step(rate);
        if (ring.rank() > 0 && device.unread() == DeviceTraining.MOST_UNREAD) {
            device.read(); // worker 0 tells of the steps
        }
    }

    /** Gives all workers what norms that mix images know of earlier batches of worker 0. */
    private void shareStatistics() throws IOException, InterruptedException {
        if (task.isBatchIndependent()) {
            return;
        }
        List<NDArray> arrays =
                NamedParameters.of(task.network()).values().stream()
                        .filter(parameter -> !parameter.requiresGradient())
                        .map(Parameter::getArray)
                        .toList();
        List<FloatBuffer> values =
                arrays.stream()
                        .map(array -> FloatBuffer.wrap(EngineBridge.of(array).copy(array)))
                        .toList();
        ring.broadcast(values);
        for (int i = 0; i < arrays.size() && ring.rank() > 0; i++) {
            EngineBridge.of(arrays.get(i)).set(arrays.get(i), values.get(i));
        }
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
                velocities(),
                average == null ? Map.of() : average.copy());
    }

    /**
     * Goes back to a checkpoint. If it holds no average, a new one begins with its parameters.
     *
     * @throws IllegalArgumentException if it is of another network
     */
    void restore(Checkpoint checkpoint) {
        ParameterValues.assign(task.network(), checkpoint.parameters());
        restoreVelocities(checkpoint.velocities());
        if (average != null) {
            average.restore(checkpoint.model());
        }
    }
}
