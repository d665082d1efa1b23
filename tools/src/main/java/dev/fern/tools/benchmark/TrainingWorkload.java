package dev.fern.tools.benchmark;

import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.GradientLanes;
import dev.fern.detection.train.GradientStep;
import dev.fern.detection.train.SgdOptimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Training steps on random images: matching, forward pass, loss, backward pass and the movement of
 * the weights.
 */
final class TrainingWorkload extends DetectorWorkload {

    /** A learning rate so small that the weights stay where they are. */
    private static final double RATE = 1e-6;

    private static final int BOXES_PER_IMAGE = 8;

    private final Detector detector;
    private final Matcher matcher;
    private final Optional<DeviceTraining> device;

    /** Null where the steps stay on the device, as {@code lanes} is. */
    private final SgdOptimizer optimizer;

    private final GradientLanes<GradientStep> lanes;
    private final List<float[]> boxes = new ArrayList<>();
    private final List<int[]> labels = new ArrayList<>();

    TrainingWorkload(TrainingConfiguration configuration, ImageSize image, int categories) {
        this(configuration, image, categories, new SplittableRandom(configuration.seed()));
    }

    private TrainingWorkload(
            TrainingConfiguration configuration,
            ImageSize image,
            int categories,
            SplittableRandom random) {
        super(configuration, image, random);
        detector = configuration.newDetector(categories(categories));
        matcher = configuration.matcher();
        device = DetectionTask.onDevice(configuration, detector, configuration.loop().batchSize());
        optimizer =
                device.isPresent()
                        ? null
                        : SgdOptimizer.of(
                                configuration.optimization(),
                                configuration.loop(),
                                detector.network());
        lanes =
                device.isPresent()
                        ? null
                        : GradientStep.lanes(
                                configuration,
                                detector,
                                optimizer,
                                configuration.loop().batchSize());
        for (int i = 0; i < batchSize; i++) {
            addBoxes(random, categories);
        }
    }

    private void addBoxes(SplittableRandom random, int categories) {
        float[] own = new float[4 * BOXES_PER_IMAGE];
        int[] ownLabels = new int[BOXES_PER_IMAGE];
        ImageSize size = canvas.resized();
        for (int b = 0; b < BOXES_PER_IMAGE; b++) {
            double width = size.width() * random.nextDouble(0.1, 0.5);
            double height = size.height() * random.nextDouble(0.1, 0.5);
            double x = random.nextDouble() * (size.width() - width);
            double y = random.nextDouble() * (size.height() - height);
            own[4 * b] = (float) x;
            own[4 * b + 1] = (float) y;
            own[4 * b + 2] = (float) (x + width);
            own[4 * b + 3] = (float) (y + height);
            ownLabels[b] = random.nextInt(categories);
        }
        boxes.add(own);
        labels.add(ownLabels);
    }

    @Override
    void run() {
        Anchors anchors = detector.anchors(canvas);
        List<AnchorTargets> targets = new ArrayList<>();
        for (int i = 0; i < boxes.size(); i++) {
            targets.add(AnchorTargets.assign(matcher, anchors, boxes.get(i), labels.get(i)));
        }
        int height = canvas.size().height();
        int width = canvas.size().width();
        if (device.isPresent()) {
            device.get().accumulate(pixels, height, width, anchors, targets);
            device.get().step(RATE);
            device.get().read(); // waits until the step is done
        } else {
            GradientStep.accumulate(lanes, pixels, height, width, anchors, targets);
            optimizer.step(RATE);
        }
    }

    @Override
    public void close() {
        device.ifPresentOrElse(DeviceTraining::close, () -> lanes.close());
        detector.close();
    }
}
