package dev.fern.detection.train;

import ai.djl.nn.Block;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.device.DeviceTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link Trainer} trains: the network, where its batches come from, how their gradients are
 * computed, and how the model is scored and written. From one batch to the next a task keeps
 * nothing but what the network and the optimiser hold. The batches depend on the epoch and the
 * index alone. A resumed training therefore takes the same steps as one that was never interrupted.
 *
 * @param <B> the kind of batch
 */
public interface TrainingTask<B> {

    /** {@return the network that is trained, initialised} */
    Block network();

    /**
     * {@return the optimiser that {@link #accumulate} adds gradients to}
     *
     * @throws IllegalStateException if the training stays {@linkplain #onDevice on the device}
     */
    SgdOptimizer optimizer();

    /**
     * {@return the steps of a training that stays on the device} The losses of {@link #accumulate}
     * are empty then, until the steps are read.
     */
    default Optional<DeviceTraining> onDevice() {
        return Optional.empty();
    }

    /** {@return whether no norm of the network mixes images} */
    default boolean isBatchIndependent() {
        return true;
    }

    /** {@return the number of training images} */
    int images();

    /**
     * {@return the number of batches of an epoch}
     *
     * @param epoch from 0
     */
    int batches(int epoch);

    /**
     * Starts to deliver the batches of an epoch.
     *
     * @param epoch from 0
     * @param firstBatch index of the first batch to deliver, at most {@link #batches}
     * @return the batches, which the caller closes
     * @throws IOException if the canvases of a batch are too large for the network
     */
    BatchSource<B> load(int epoch, int firstBatch) throws IOException;

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param batch is closed by this call
     * @return the losses of the batch's parts, in order
     */
    List<BatchLoss> accumulate(B batch);

    /**
     * Scores the network as it is.
     *
     * @return numbers by name, finite; among them {@link #score}
     * @throws IOException if an image can't be used or a result can't be written
     * @throws InterruptedException if the thread is interrupted, as by a request to stop the
     *     training
     */
    Map<String, Double> evaluate() throws IOException, InterruptedException;

    /** {@return whether there is anything to evaluate on; without it no model is the best} */
    default boolean isEvaluated() {
        return true;
    }

    /** {@return the name of the number that decides which model is the best; higher is better} */
    String score();

    /**
     * Writes a model into an empty folder.
     *
     * @param folder the folder
     * @param parameters all parameters of the network by name, to be {@code parameters.safetensors}
     * @throws IOException if the folder can't be written to
     */
    void writeModel(Path folder, Map<String, Tensor> parameters) throws IOException;

    /**
     * Checks that a training of the model in a folder can go on with this task's data.
     *
     * @param folder of the model
     * @throws IOException naming the folder if it can't
     */
    void checkModel(Path folder) throws IOException;
}
