package dev.fern.detection.verify;

import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.Augmentation;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.GradientStep;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * Passes batches through a detector's network, all from the same parameters, running averages
 * included.
 */
final class NetworkPasses {

    private final Detector detector;
    private final RetinaNetLoss loss;
    private final Matcher matcher;
    private final BatchDecoder decoder;
    private final Map<String, Tensor> parameters;

    NetworkPasses(Detector detector, RetinaNetLoss loss, Matcher matcher, BatchDecoder decoder) {
        this.detector = detector;
        this.loss = loss;
        this.matcher = matcher;
        this.decoder = decoder;
        this.parameters = detector.copyParameters();
    }

    Detector detector() {
        return detector;
    }

    /** Returns an image as a batch of its own, on the canvas that its own size has. */
    PlannedBatch alone(PlannedImage image) {
        Sample sample = image.sample();
        return new PlannedBatch(
                List.of(
                        new PlannedImage(
                                sample,
                                Augmentation.none(
                                        detector.configuration().canvas(), sample.size()))));
    }

    Batch decode(PlannedBatch planned) throws IOException {
        return decoder.decode(planned);
    }

    /** Returns the outputs of a training pass. */
    List<HeadOutput> trainingOutputs(PlannedBatch planned) throws IOException {
        try (Batch batch = decode(planned)) {
            try (NDManager manager = detector.manager().newSubManager()) {
                // MXNet computes as in training only while it records
                GradientCollector recording =
                        EngineBridge.of(manager).newGradientCollector(manager);
                try {
                    return detector.outputs(
                            batch.pixels(), batch.items().size(), batch.canvasSize(), true);
                } finally {
                    recording.close();
                    restore();
                }
            }
        }
    }

    /** Returns one image's outputs of a pass as in detection. */
    List<HeadOutput> outputs(FloatBuffer pixels, ImageSize size) {
        return detector.outputs(pixels, 1, size, false);
    }

    /** Leaves a batch's gradients with the parameters and returns its loss. */
    double backward(PlannedBatch planned) throws IOException {
        try (Batch batch = decode(planned)) {
            Anchors anchors = detector.anchors(batch.items().get(0).canvas());
            List<AnchorTargets> targets =
                    batch.items().stream()
                            .map(
                                    item ->
                                            AnchorTargets.assign(
                                                    matcher, anchors, item.boxes(), item.labels()))
                            .toList();
            DetectionLoss result =
                    new GradientStep(detector, loss)
                            .run(
                                    batch.pixels(),
                                    batch.canvasSize().height(),
                                    batch.canvasSize().width(),
                                    anchors,
                                    targets);
            return result.classification() + loss.regressionWeight() * result.regression();
        }
    }

    List<List<Detection>> detect(PlannedBatch planned) throws IOException {
        try (Batch batch = decode(planned)) {
            return detector.detect(
                    batch.pixels(), batch.items().stream().map(Batch.Item::canvas).toList());
        }
    }

    /** Sets back the parameters that passes and steps have changed. */
    void restore() {
        ParameterValues.assign(detector.network(), parameters);
    }
}
