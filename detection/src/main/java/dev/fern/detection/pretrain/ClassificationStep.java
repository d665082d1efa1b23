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
 * Forward pass, loss and backward pass of one batch of a classifier. The gradients stay with the
 * parameters, where the optimiser finds them.
 */
final class ClassificationStep {

    private final CrossEntropyLoss loss;
    private final int side;
    private final NetworkPass pass;

    /**
     * Prepares to leave gradients with the parameters of a store.
     *
     * @param parameters the classifier's own, or a replica of them
     * @param manager of the device that the parameters are on
     */
    ClassificationStep(
            Classifier classifier,
            CrossEntropyLoss loss,
            ParameterStore parameters,
            NDManager manager) {
        this.loss = loss;
        side = classifier.configuration().input().inputSize();
        pass =
                new NetworkPass(
                        classifier.network(),
                        parameters,
                        manager,
                        classifier.precision(),
                        classifier.packedWeights());
    }

    /**
     * Computes the loss of a batch and, if it is finite, its gradients, which replace those of the
     * batch before.
     *
     * @param pixels [N, 3, S, S], normalised, with S the classifier's input size
     * @param labels [N], index of each image's class
     * @return the loss, the mean over the images
     */
    ClassificationLoss run(FloatBuffer pixels, int[] labels) {
        pass.clearGradients();
        return pass.run(
                pixels,
                new Shape(labels.length, 3, side, side),
                logits -> loss.compute(EngineBridge.of(logits.get(0)).copy(logits.get(0)), labels),
                result -> Double.isFinite(result.value()) ? List.of(result.gradient()) : List.of());
    }
}
