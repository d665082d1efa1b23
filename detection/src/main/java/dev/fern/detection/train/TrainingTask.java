package dev.fern.detection.train;

import ai.djl.nn.Block;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.BatchSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Trainer} trains: the network, where its batches come from, how their gradients are
 * computed, and how the model is scored and written. A task keeps nothing from one batch to the
 * next but what the network and the optimiser hold, and what it delivers is a function of the epoch
 * and the index alone, so that a resumed training is the undisturbed one.
 *
 * @param <B> a batch
 */
public interface TrainingTask<B> {

    /** Returns the network, initialised. */
    Block network();

    /** Returns what {@link #accumulate} adds its gradients to. */
    SgdOptimizer optimizer();

    /** Returns how many images there are, for messages. */
    int images();

    /** Returns how many batches an epoch has. */
    int batches(int epoch);

    /**
     * Starts to deliver an epoch.
     *
     * @param epoch from 0
     * @param firstBatch index of the first batch to deliver, at most {@link #batches}
     * @throws IOException if an image is not fit for the network
     */
    BatchSource<B> load(int epoch, int firstBatch) throws IOException;

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param batch is done with afterwards
     * @return the losses of the batch's parts, in order
     */
    List<BatchLoss> accumulate(B batch);

    /**
     * Scores the network as it is.
     *
     * @return numbers by name, finite; among them {@link #score}
     */
    Map<String, Double> evaluate() throws IOException, InterruptedException;

    /**
     * Returns the name of the number that decides which model is the best; the higher, the better.
     */
    String score();

    /**
     * Writes a model into an empty folder, its parameters as {@code parameters.safetensors}.
     *
     * @param parameters all of the network's
     */
    void writeModel(Path folder, Map<String, Tensor> parameters) throws IOException;

    /**
     * Checks that a training of the model in this folder can go on with this task's data.
     *
     * @throws IOException naming the folder if it can't
     */
    void checkModel(Path folder) throws IOException;
}
