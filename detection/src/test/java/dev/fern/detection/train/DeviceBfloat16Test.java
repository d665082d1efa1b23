package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.BlockList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.host.Transfers;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.data.Batch;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.DeviceTraining.Descent;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training on the device whose maps are bfloat16 beside the same one in float32. */
@Tag("device")
class DeviceBfloat16Test extends DeviceTrainingCase {

    private static final int SIDE = 128;

    /** PyTorch's type 6 is float32. */
    private static final TorchScript FLOAT32 =
            TorchScript.of("  def forward(self, x: Tensor) -> Tensor:\n    return x.to(dtype=6)\n");

    DeviceBfloat16Test() {
        super(SIDE);
    }

    private Detector detector(String norm, Precision precision) {
        DetectorConfiguration configuration = TinyDetectors.smallest(norm, rule);
        Detector detector = TinyDetectors.livelyByOperators(configuration, 9);
        detector.setPrecision(precision);
        return detector;
    }

    /** Errors are those of rounding to 8 bits, some ten times in a row: 2^-9 of each value. */
    @ParameterizedTest
    @ValueSource(strings = {"frn", "frn-eps", "bn", "gn4", "frozen-bn"})
    void featuresAreBfloat16NearThoseOfFloat32(String norm) throws IOException {
        try (Detector detector = detector(norm, Precision.BFLOAT16)) {
            List<float[]> exact = features(detector, Precision.FLOAT32);
            List<float[]> rounded = features(detector, Precision.BFLOAT16);
            for (int level = 0; level < exact.size(); level++) {
                assertThat(distance(rounded.get(level), exact.get(level)))
                        .as("level %d", level)
                        .isBetween(1e-4, 2e-2);
                for (float value : rounded.get(level)) {
                    assertThat(Float.floatToRawIntBits(value) & 0xffff).isZero();
                }
            }
        }
    }

    /** Returns the values of the pyramid's maps. */
    private List<float[]> features(Detector detector, Precision precision) throws IOException {
        EngineBridge engine = EngineBridge.of(detector.manager());
        engine.recordNothing();
        try (Batch batch = batches.decode(0, 2);
                NDManager pass = detector.manager().newSubManager()) {
            NDArray x =
                    precision.of(engine.create(pass, batch.pixels(), new Shape(2, 3, SIDE, SIDE)));
            BlockList children = detector.network().getChildren();
            NDList stages =
                    children.valueAt(0).forward(detector.parameterStore(), new NDList(x), false);
            NDList pyramid =
                    children.valueAt(1)
                            .forward(
                                    detector.parameterStore(),
                                    new NDList(stages.subList(1, stages.size())),
                                    false);
            List<float[]> values = new ArrayList<>();
            for (NDArray map : pyramid) {
                values.add(FLOAT32.forward(map).toFloatArray());
            }
            return values;
        }
    }

    private static double distance(float[] found, float[] expected) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    /**
     * The host's in bfloat16 have cosines from 0.993 to 0.9996 here, and lengths within 3%. On
     * smaller images, whose last maps have few places, both ways are farther from float32.
     */
    @ParameterizedTest
    @ValueSource(strings = {"frn", "frn-eps", "bn", "gn4", "frozen-bn"})
    void gradientsAreFloat32AndPointWhereThoseOfFloat32Do(String norm) throws IOException {
        Map<String, float[]> exact = gradients(norm, Precision.FLOAT32);
        Map<String, float[]> rounded = gradients(norm, Precision.BFLOAT16);
        double product = 0;
        double a = 0;
        double b = 0;
        for (String name : exact.keySet()) {
            for (int i = 0; i < exact.get(name).length; i++) {
                product += (double) exact.get(name)[i] * rounded.get(name)[i];
                a += Math.pow(exact.get(name)[i], 2);
                b += Math.pow(rounded.get(name)[i], 2);
            }
        }
        assertThat(product / Math.sqrt(a * b)).isBetween(0.99, 1 - 1e-9);
        assertThat(Math.sqrt(b / a)).isCloseTo(1, within(0.05));
    }

    private Map<String, float[]> gradients(String norm, Precision precision) throws IOException {
        try (Detector detector = detector(norm, precision);
                DeviceTraining training = training(detector)) {
            accumulate(detector, training, 0, 2);
            return LabelledBatches.gradients(detector);
        }
    }

    private static DeviceTraining training(Detector detector) {
        return new DeviceTraining(
                detector.network(),
                detector.parameterStore(),
                detector.manager(),
                List.of(Device.cpu()),
                detector.precision(),
                LabelledBatches.LOSS,
                new Descent(0.9, 1e-4, 1e-5, 10));
    }

    /** It was within 6%, above and below. */
    @Test
    void theLossFallsAsInFloat32AndAStepMovesWhatItMovesThere() throws IOException {
        double[] exact = losses(Precision.FLOAT32);
        double[] rounded = losses(Precision.BFLOAT16);
        assertThat(exact[exact.length - 1]).isLessThan(0.7 * exact[0]);
        for (int i = 0; i < exact.length; i++) {
            assertThat(rounded[i]).as("part %d", i).isCloseTo(exact[i], within(0.1 * exact[i]));
        }
    }

    /** Returns the mean losses of 60 steps, 12 at a time. */
    private double[] losses(Precision precision) throws IOException {
        double[] means = new double[5];
        try (Detector detector = detector("frn", precision);
                DeviceTraining training = training(detector)) {
            for (int step = 0; step < 60; step++) {
                Transfers before = Transfers.count();
                accumulate(detector, training, step % 3, (step + 1) % 3);
                training.step(0.003);
                if (step > 0) { // the anchors come with the first step
                    assertThat(Transfers.since(before)).isEqualTo(new Transfers(2, 0));
                }
                if (step % 12 == 11) {
                    for (StepNumbers numbers : training.read()) {
                        for (double loss : numbers.losses().values()) {
                            means[step / 12] += loss / 12;
                        }
                    }
                }
            }
        }
        return means;
    }
}
