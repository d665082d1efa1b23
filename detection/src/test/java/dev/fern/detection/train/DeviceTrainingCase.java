package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.data.Batch;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.DeviceTraining.Descent;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Three square images with 2, 0 and 3 objects, and steps on the device that are to be compared. */
abstract class DeviceTrainingCase {

    static final Descent DESCENT = new Descent(0.9, 1e-4, 1e-5, 0.5);

    final CanvasRule rule;

    @TempDir Path folder;

    LabelledBatches batches;

    /**
     * @param side of the images, in pixels
     */
    DeviceTrainingCase(int side) {
        rule = new CanvasRule(side, side);
    }

    @BeforeEach
    void drawImages() throws IOException {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        batches =
                new LabelledBatches(
                        new RectangleFolder(folder)
                                .image(1, rule.maxSize(), rule.maxSize(), 2)
                                .image(2, rule.maxSize(), rule.maxSize(), 0)
                                .image(3, rule.maxSize(), rule.maxSize(), 3)
                                .dataset(),
                        rule);
    }

    static DeviceTraining training(Detector detector, RetinaNetLoss loss) {
        return training(detector, loss, 1);
    }

    static DeviceTraining training(Detector detector, RetinaNetLoss loss, int lanes) {
        return new DeviceTraining(
                detector.network(),
                detector.parameterStore(),
                detector.manager(),
                Collections.nCopies(lanes, Device.cpu()),
                detector.precision(),
                loss,
                DESCENT);
    }

    static Map<String, float[]> values(Map<String, Tensor> tensors) {
        Map<String, float[]> values = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> values.put(name, tensor.data()));
        return values;
    }

    /**
     * Compares all values together, relative to their length, and each tensor relative to its own
     * length or to a thousandth of all.
     */
    static void assertClose(
            Map<String, float[]> expected, Map<String, float[]> found, double factor) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        double all = 0;
        for (float[] values : expected.values()) {
            for (float value : values) {
                all += (double) value * value;
            }
        }
        double error = 0;
        for (String name : expected.keySet()) {
            float[] a = expected.get(name);
            float[] b = found.get(name);
            double difference = 0;
            double own = 0;
            for (int i = 0; i < a.length; i++) {
                difference += Math.pow(a[i] - factor * b[i], 2);
                own += (double) a[i] * a[i];
            }
            error += difference;
            assertThat(Math.sqrt(difference))
                    .as(name)
                    .isLessThan(1e-4 * Math.max(Math.sqrt(own), 1e-3 * Math.sqrt(all)));
        }
        assertThat(Math.sqrt(error)).isLessThan(1e-4 * Math.sqrt(all));
    }

    static void assertNear(StepNumbers found, StepNumbers expected) {
        assertThat(found.gradientNorm())
                .isCloseTo(expected.gradientNorm(), within(1e-4 * expected.gradientNorm()));
        expected.losses()
                .forEach(
                        (name, value) ->
                                assertThat(found.losses().get(name))
                                        .isCloseTo(value, within(1e-4 * value)));
    }

    /** Accumulates the gradients of images. */
    final void accumulate(Detector detector, DeviceTraining training, int... images)
            throws IOException {
        try (Batch batch = batches.decode(images)) {
            Anchors anchors = detector.anchors(batch.items().get(0).canvas());
            training.accumulate(
                    batch.pixels(),
                    rule.maxSize(),
                    rule.maxSize(),
                    anchors,
                    LabelledBatches.targets(batch, anchors));
        }
    }
}
