package dev.fern.detection.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.RetinaNet;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.Stream;

/** Forward pass, loss and backward pass of one batch; the gradients stay with the parameters. */
public final class GradientStep {

    private final Detector detector;
    private final RetinaNetLoss loss;
    private final NetworkPass pass;

    /** Trains this detector's network by this loss. */
    public GradientStep(Detector detector, RetinaNetLoss loss) {
        this(detector, loss, detector.parameterStore(), detector.manager());
    }

    /**
     * Trains by this loss, and leaves the gradients with the parameters of this store.
     *
     * @param manager of the device that the parameters are on
     */
    GradientStep(
            Detector detector, RetinaNetLoss loss, ParameterStore parameters, NDManager manager) {
        this.detector = detector;
        this.loss = loss;
        this.pass = new NetworkPass(detector.network(), parameters, manager);
    }

    /**
     * Computes the loss of a batch and, where it is finite, its gradients.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param anchors anchors of the canvas H x W
     * @param targets one an image
     */
    public DetectionLoss run(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        return pass.run(
                pixels,
                new Shape(targets.size(), 3, height, width),
                outputs ->
                        loss.compute(
                                detector.configuration().categories().size(),
                                RetinaNet.read(outputs),
                                anchors,
                                targets),
                GradientStep::gradients);
    }

    /** In the order of the network's outputs: the logits of all levels, then the box codes. */
    private static List<float[]> gradients(DetectionLoss loss) {
        return loss.isFinite()
                ? Stream.concat(
                                loss.gradients().stream().map(HeadOutput::logits),
                                loss.gradients().stream().map(HeadOutput::codes))
                        .toList()
                : List.of();
    }
}
