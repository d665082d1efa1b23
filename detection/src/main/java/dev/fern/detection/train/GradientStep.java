package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.Tape;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.RetinaNet;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.Stream;

/**
 * Forward pass, loss and backward pass of one batch of a detector. The gradients stay with the
 * parameters, where the optimiser finds them.
 */
public final class GradientStep {

    private final Detector detector;
    private final RetinaNetLoss loss;
    private final NetworkPass pass;
    private final boolean imageByImage;

    /**
     * Prepares to leave gradients with a detector's own parameters.
     *
     * @param detector its network is trained
     * @param loss what is minimised
     */
    public GradientStep(Detector detector, RetinaNetLoss loss) {
        this(detector, loss, detector.parameterStore(), detector.manager());
    }

    /**
     * Prepares to leave gradients with the parameters of a store.
     *
     * @param parameters the detector's own, or a replica of them
     * @param manager of the device that the parameters are on
     */
    GradientStep(
            Detector detector, RetinaNetLoss loss, ParameterStore parameters, NDManager manager) {
        this.imageByImage =
                passesOneByOne(manager)
                        && detector.configuration().architecture().isBatchIndependent();
        this.detector = detector;
        this.loss = loss;
        this.pass =
                new NetworkPass(
                        detector.network(),
                        parameters,
                        manager,
                        detector.precision(),
                        detector.packedWeights());
    }

    /** {@return whether images pass a network one by one, since a batch would gain nothing} */
    private static boolean passesOneByOne(NDManager manager) {
        return Tape.supports(manager)
                || EngineBridge.of(manager).roundsByBatch(manager.getDevice());
    }

    /**
     * Prepares to compute gradients on all devices of a training or, on a single one, by as many
     * threads as gain from it.
     *
     * @param configuration settings of the training
     * @param detector made by these settings; its network is trained
     * @param optimizer takes the gradients
     * @param batchSize number of images of a full batch
     * @return the lanes, which the caller closes
     */
    public static GradientLanes<GradientStep> lanes(
            TrainingConfiguration configuration,
            Detector detector,
            SgdOptimizer optimizer,
            int batchSize) {
        return lanes(
                detector,
                configuration.loss().retinaNetLoss(),
                optimizer,
                GradientLanes.lanes(
                        configuration.deviceList(),
                        detector.network(),
                        detector.configuration().architecture().isBatchIndependent(),
                        detector.manager(),
                        batchSize));
    }

    /**
     * Prepares to compute gradients on given devices.
     *
     * @param devices where each thread computes, at least one: the detector's device first, which
     *     is that of the calling thread
     */
    static GradientLanes<GradientStep> lanes(
            Detector detector, RetinaNetLoss loss, SgdOptimizer optimizer, List<Device> devices) {
        return new GradientLanes<>(
                detector.network(),
                detector.manager(),
                detector.parameterStore(),
                optimizer,
                devices,
                (parameters, manager) -> new GradientStep(detector, loss, parameters, manager));
    }

    /**
     * Computes the gradients of a batch, its images split among lanes, and, if all its losses are
     * finite, adds them to those that the optimiser keeps.
     *
     * @param lanes compute the parts
     * @param pixels [N, 3, H, W], normalised, from index 0 of the buffer
     * @param height H
     * @param width W
     * @param anchors of the canvas H x W
     * @param targets N of them, one per image
     * @return the losses of the batch's parts, in order
     */
    public static List<GradientLanes.Part<DetectionLoss>> accumulate(
            GradientLanes<GradientStep> lanes,
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        int imageSize = 3 * height * width;
        return lanes.accumulate(
                targets.size(),
                (step, first, end) ->
                        step.run(
                                pixels.slice(
                                        pixels.position() + first * imageSize,
                                        (end - first) * imageSize),
                                height,
                                width,
                                anchors,
                                targets.subList(first, end)),
                DetectionLoss::isFinite);
    }

    /**
     * Computes the loss of a batch and, if it is finite, its gradients, which replace those of the
     * batch before. After a loss that is not finite the parameters' gradients must not be used.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param height H
     * @param width W
     * @param anchors of the canvas H x W
     * @param targets N of them, one per image
     * @return the loss, the mean over the images; where images passed one by one, it is without the
     *     gradients of the heads' outputs
     */
    public DetectionLoss run(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        return imageByImage && targets.size() > 1
                ? oneByOne(pixels, height, width, anchors, targets)
                : add(pixels, height, width, anchors, targets, 1, true);
    }

    /** Runs one pass per image, each of which adds its share to the gradients. */
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
                    add(
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

    /**
     * Runs one pass, which adds to the gradients.
     *
     * @param share what the gradients of this pass are multiplied by
     * @param first whether to clear the gradients of earlier passes
     */
    private DetectionLoss add(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets,
            float share,
            boolean first) {
        return pass.run(
                pixels,
                new Shape(targets.size(), 3, height, width),
                outputs ->
                        loss.compute(
                                detector.configuration().categories().size(),
                                RetinaNet.read(outputs),
                                anchors,
                                targets),
                result -> {
                    if (first && result.isFinite()) {
                        pass.clearGradients();
                    }
                    return gradients(result, share);
                });
    }

    /**
     * Returns gradients in the order of the network's outputs: logits of all levels, then codes.
     */
    private static List<float[]> gradients(DetectionLoss loss, float share) {
        if (!loss.isFinite()) {
            return List.of();
        }
        List<float[]> gradients =
                Stream.concat(
                                loss.gradients().stream().map(HeadOutput::logits),
                                loss.gradients().stream().map(HeadOutput::codes))
                        .toList();
        if (share != 1) {
            gradients.forEach(values -> multiply(values, share));
        }
        return gradients;
    }

    private static void multiply(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}
