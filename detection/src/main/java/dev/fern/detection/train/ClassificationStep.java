package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.classification.ClassificationLoss;
import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.backbone.host.HostFunctions;
import dev.fern.detection.model.Classifier;
import java.nio.FloatBuffer;

/**
 * Forward pass, loss and backward pass of one batch of a classifier; the gradients stay with the
 * parameters.
 *
 * @param classifier its network is trained
 * @param loss by which it is trained
 */
record ClassificationStep(Classifier classifier, CrossEntropyLoss loss) {

    /**
     * Computes the loss of a batch and, where it is finite, its gradients.
     *
     * @param parameters the gradients stay with this store's
     * @param pixels [N, 3, S, S], normalised
     * @param labels [N]
     */
    ClassificationLoss run(ParameterStore parameters, FloatBuffer pixels, int[] labels) {
        int side = classifier.configuration().inputSize();
        try (NDManager step = classifier.manager().newSubManager();
                GradientCollector collector = step.getEngine().newGradientCollector()) {
            NDArray input =
                    step.create(pixels.duplicate(), new Shape(labels.length, 3, side, side));
            NDList logits = classifier.network().forward(parameters, new NDList(input), true);
            ClassificationLoss result =
                    loss.compute(HostFunctions.copy(logits.singletonOrThrow()), labels);
            if (Double.isFinite(result.value())) {
                NDArray gradient =
                        step.create(result.gradient(), logits.singletonOrThrow().getShape());
                HostFunctions.backward(collector, logits, new NDList(gradient));
            }
            return result;
        }
    }
}
