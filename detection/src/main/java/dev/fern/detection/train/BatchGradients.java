package dev.fern.detection.train;

import ai.djl.Device;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Computes the gradients of a detector's batches, split among threads or devices where no norm
 * mixes images.
 */
public final class BatchGradients implements AutoCloseable {

    private final GradientLanes<GradientStep> lanes;

    /**
     * Prepares the threads.
     *
     * @param optimizer takes the gradients
     * @param devices where each thread computes; one for the calling thread and the detector's
     */
    BatchGradients(
            Detector detector, RetinaNetLoss loss, SgdOptimizer optimizer, List<Device> devices) {
        lanes =
                new GradientLanes<>(
                        detector.network(),
                        detector.manager(),
                        detector.parameterStore(),
                        optimizer,
                        devices,
                        (parameters, manager) ->
                                new GradientStep(detector, loss, parameters, manager));
    }

    /** Prepares the devices of a training or, on a single one, as many threads as are of use. */
    public static BatchGradients of(
            TrainingConfiguration configuration, Detector detector, SgdOptimizer optimizer) {
        return new BatchGradients(
                detector,
                configuration.loss().retinaNetLoss(),
                optimizer,
                GradientLanes.lanes(
                        configuration.deviceList(),
                        detector.network(),
                        detector.configuration().architecture().isBatchIndependent(),
                        detector.manager(),
                        configuration.loop().batchSize()));
    }

    /** Returns how many threads may compute gradients of this detector beside each other. */
    static int lanes(Detector detector) {
        return GradientLanes.available(
                detector.network(),
                detector.configuration().architecture().isBatchIndependent(),
                detector.manager());
    }

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param targets one an image
     * @return the losses of the batch's parts, in order
     */
    public List<BatchPart<DetectionLoss>> accumulate(
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
                                pixels.slice(first * imageSize, (end - first) * imageSize),
                                height,
                                width,
                                anchors,
                                targets.subList(first, end)),
                DetectionLoss::isFinite);
    }

    @Override
    public void close() {
        lanes.close();
    }
}
