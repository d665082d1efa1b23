package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.HostFunctions;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.RetinaNet;
import java.nio.FloatBuffer;
import java.util.List;

/** Forward pass, loss and backward pass of one batch; the gradients stay with the parameters. */
public final class GradientStep {

    private final Detector detector;
    private final RetinaNetLoss loss;
    private final ParameterStore parameters;
    private final NDManager manager;
    private final List<Parameter> trained;
    private final boolean imageByImage;

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
        this.manager = manager;
        this.trained =
                NamedParameters.of(detector.network()).values().stream()
                        .filter(Parameter::requiresGradient)
                        .toList();
        this.imageByImage =
                HostFunctions.roundsByBatch(manager)
                        && detector.configuration().architecture().isBatchIndependent();
        this.detector = detector;
        this.loss = loss;
        this.parameters = parameters;
    }

    /**
     * Computes the loss of a batch and, where it is finite, its gradients; where that of a batch of
     * several images is not, the gradients are of no use.
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
        if (imageByImage && targets.size() > 1) {
            return oneByOne(pixels, height, width, anchors, targets);
        }
        return pass(pixels, height, width, anchors, targets, 1, true);
    }

    /** A pass for each image, each adding its share to the gradients. */
    private DetectionLoss oneByOne(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        int images = targets.size();
        int size = 3 * height * width;
        double classification = 0;
        double regression = 0;
        int positives = 0;
        for (int n = 0; n < images && Double.isFinite(classification + regression); n++) {
            DetectionLoss own =
                    pass(
                            pixels.slice(pixels.position() + n * size, size),
                            height,
                            width,
                            anchors,
                            targets.subList(n, n + 1),
                            1f / images,
                            n == 0);
            classification += own.classification() / images;
            regression += own.regression() / images;
            positives += own.positives();
        }
        return new DetectionLoss(classification, regression, List.of(), positives);
    }

    private void clearGradients() {
        for (Parameter parameter : trained) {
            HostFunctions.clearGradient(parameters.getValue(parameter, manager.getDevice(), true));
        }
    }

    /**
     * @param share what the gradients are multiplied by
     * @param first whether those of earlier passes are to go
     */
    private DetectionLoss pass(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets,
            float share,
            boolean first) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = HostFunctions.newGradientCollector(step)) {
            NDArray input =
                    step.create(pixels.duplicate(), new Shape(targets.size(), 3, height, width));
            NDList outputs = detector.network().forward(parameters, new NDList(input), true);
            DetectionLoss result =
                    loss.compute(
                            detector.configuration().categories().size(),
                            RetinaNet.read(outputs),
                            anchors,
                            targets);
            if (result.isFinite()) {
                if (first) {
                    clearGradients();
                }
                HostFunctions.backward(
                        collector, outputs, gradients(step, outputs, result.gradients(), share));
            }
            return result;
        }
    }

    private static NDList gradients(
            NDManager step, NDList outputs, List<HeadOutput> gradients, float share) {
        NDList list = new NDList(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            HeadOutput level = gradients.get(i % gradients.size());
            float[] values = i < gradients.size() ? level.logits() : level.codes();
            if (share != 1) {
                for (int k = 0; k < values.length; k++) {
                    values[k] *= share;
                }
            }
            list.add(HostFunctions.create(step, values, outputs.get(i).getShape()));
        }
        return list;
    }
}
