package dev.fern.detection.pretrain;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.classification.ClassificationLoss;
import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.detection.train.NetworkPass;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Forward pass, loss and backward pass of one batch of a classifier; the gradients stay with the
 * parameters.
 */
final class ClassificationStep {

    private final CrossEntropyLoss loss;
    private final int side;
    private final EngineBridge engine;
    private final NetworkPass pass;

    /**
     * Trains by this loss, and leaves the gradients with the parameters of this store.
     *
     * @param manager of the device that the parameters are on
     */
    ClassificationStep(
            Classifier classifier,
            CrossEntropyLoss loss,
            ParameterStore parameters,
            NDManager manager) {
        this.loss = loss;
        side = classifier.configuration().input().inputSize();
        engine = EngineBridge.of(manager);
        pass = new NetworkPass(classifier.network(), parameters, manager);
    }

    /**
     * Computes the loss of a batch and, where it is finite, its gradients.
     *
     * @param pixels [N, 3, S, S], normalised
     * @param labels [N]
     */
    ClassificationLoss run(FloatBuffer pixels, int[] labels) {
        pass.clearGradients();
        return pass.run(
                pixels,
                new Shape(labels.length, 3, side, side),
                logits -> loss.compute(engine.copy(logits.singletonOrThrow()), labels),
                result -> Double.isFinite(result.value()) ? List.of(result.gradient()) : List.of());
    }
}
