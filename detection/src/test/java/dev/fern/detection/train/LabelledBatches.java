package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
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
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.RetinaNet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes batches of any images of a data set, and their gradients. */
final class LabelledBatches {

    static final RetinaNetLoss LOSS =
            new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse("l1"), 1, 1);

    private final DetectionDataset dataset;
    private final CanvasRule rule;
    private final BatchDecoder decoder =
            new BatchDecoder(ImageReader.standard(), PixelNormalization.IMAGENET);

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
            return new GradientStep(detector, LOSS)
                    .run(
                            batch.pixels(),
                            batch.canvasSize().height(),
                            batch.canvasSize().width(),
                            anchors,
                            targets(batch, anchors));
        }
    }

    static List<AnchorTargets> targets(Batch batch, Anchors anchors) {
        return batch.items().stream()
                .map(
                        item ->
                                AnchorTargets.assign(
                                        Matcher.retinaNet(), anchors, item.boxes(), item.labels()))
                .toList();
    }

    /** Computes the loss of a batch without gradients. */
    DetectionLoss forward(Detector detector, int... indices) throws IOException {
        try (Batch batch = decode(indices);
                NDManager manager = detector.manager().newSubManager()) {
            ImageSize size = batch.canvasSize();
            NDArray input =
                    manager.create(
                            batch.pixels(),
                            new Shape(indices.length, 3, size.height(), size.width()));
            NDList outputs =
                    detector.network().forward(detector.parameterStore(), new NDList(input), false);
            Anchors anchors = detector.anchors(batch.items().get(0).canvas());
            return LOSS.compute(
                    detector.configuration().categories().size(),
                    RetinaNet.read(outputs),
                    anchors,
                    targets(batch, anchors));
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
