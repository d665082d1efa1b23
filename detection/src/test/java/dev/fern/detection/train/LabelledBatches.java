package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.Augmentation;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Batches of any images of a data set, and their gradients. */
final class LabelledBatches {

    static final RetinaNetLoss LOSS =
            new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse("l1"), 1);

    private final DetectionDataset dataset;
    private final CanvasRule rule;
    private final BatchDecoder decoder =
            new BatchDecoder(ImageReader.forDataSets(), PixelNormalization.IMAGENET);

    LabelledBatches(DetectionDataset dataset, CanvasRule rule) {
        this.dataset = dataset;
        this.rule = rule;
    }

    /** Decodes images, given by their positions in the data set, as they are. */
    Batch decode(int... indices) throws IOException {
        List<PlannedImage> images = new ArrayList<>();
        for (int i : indices) {
            Sample sample = dataset.samples().get(i);
            images.add(new PlannedImage(sample, Augmentation.none(rule, sample.size())));
        }
        return decoder.decode(new PlannedBatch(images));
    }

    /** Computes the gradients of a batch; they stay with the detector's parameters. */
    DetectionLoss backward(Detector detector, int... indices) throws IOException {
        try (Batch batch = decode(indices)) {
            Anchors anchors = detector.anchors(batch.items().get(0).canvas());
            List<AnchorTargets> targets = new ArrayList<>();
            for (Batch.Item item : batch.items()) {
                targets.add(
                        AnchorTargets.assign(
                                Matcher.retinaNet(), anchors, item.boxes(), item.labels()));
            }
            return new GradientStep(detector, LOSS)
                    .run(
                            batch.pixels(),
                            batch.canvasSize().height(),
                            batch.canvasSize().width(),
                            anchors,
                            targets);
        }
    }

    /** Copies the gradients of the last backward pass. */
    static Map<String, float[]> gradients(Detector detector) {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        NamedParameters.of(detector.network())
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                try (NDArray gradient = parameter.getArray().getGradient()) {
                                    gradients.put(name, gradient.toFloatArray());
                                }
                            }
                        });
        return gradients;
    }
}
