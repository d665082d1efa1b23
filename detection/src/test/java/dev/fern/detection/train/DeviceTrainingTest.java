package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.sun.management.ThreadMXBean;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.Transfers;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.data.Batch;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.ProcessMemory;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training that stays on the device does what one through the host does. */
@Tag("device")
class DeviceTrainingTest extends DeviceTrainingCase {

    private static final double RATE = 1e-3;
    private static final int STEPS = 20;

    DeviceTrainingTest() {
        super(64);
    }

    @ParameterizedTest
    @CsvSource({"frn, l1", "frn-eps, giou", "bn, giou", "gn4, smooth-l1", "frozen-bn, l1"})
    void twentyStepsAreThoseOfTheHost(String norm, String box) throws IOException {
        DetectorConfiguration configuration = TinyDetectors.smallest(norm, rule);
        RetinaNetLoss loss = new RetinaNetLoss(FocalLoss.retinaNet(), BoxLoss.parse(box), 2, 1);
        try (Detector host = TinyDetectors.lively(configuration, "PyTorch", 9);
                Detector device = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining training = training(device, loss)) {
            SgdOptimizer optimizer =
                    new SgdOptimizer(
                            host.network(),
                            DESCENT.momentum(),
                            DESCENT.weightDecay(),
                            DESCENT.normWeightDecay(),
                            DESCENT.clipNorm());
            WeightAverage ofHost = new WeightAverage(host.network(), 0.9, Optional.empty());
            WeightAverage ofDevice =
                    new WeightAverage(device.network(), 0.9, Optional.of(training));
            GradientStep gradients = new GradientStep(host, loss);
            List<double[]> expected = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                try (Batch batch = batches.decode(step % 3, (step + 1) % 3)) {
                    Anchors anchors = host.anchors(batch.items().get(0).canvas());
                    List<AnchorTargets> targets = LabelledBatches.targets(batch, anchors);
                    DetectionLoss now = gradients.run(batch.pixels(), 64, 64, anchors, targets);
                    Transfers before = Transfers.count();
                    training.accumulate(batch.pixels(), 64, 64, anchors, targets);
                    if (step == 0) {
                        // those of the device are sums over two images
                        assertClose(
                                LabelledBatches.gradients(host),
                                LabelledBatches.gradients(device),
                                0.5);
                        before = Transfers.count();
                    }
                    optimizer.accumulate(2);
                    double length = optimizer.step(RATE);
                    training.step(RATE);
                    ofHost.update(step + 1);
                    ofDevice.update(step + 1);
                    if (step > 0) { // the anchors come with the first step
                        assertThat(Transfers.since(before))
                                .as("pixels and targets")
                                .isEqualTo(new Transfers(2, 0));
                    }
                    expected.add(new double[] {now.classification(), now.regression(), length});
                }
            }
            Transfers before = Transfers.count();
            List<StepNumbers> found = training.read();
            assertThat(Transfers.since(before)).isEqualTo(new Transfers(0, 1));
            assertThat(found).hasSize(STEPS);
            for (int step = 0; step < STEPS; step++) {
                double[] numbers = expected.get(step);
                List<Double> losses = List.copyOf(found.get(step).losses().values());
                double[] its = {losses.get(0), losses.get(1), found.get(step).gradientNorm()};
                for (int i = 0; i < 3; i++) {
                    assertThat(its[i])
                            .as("number %d of step %d", i, step)
                            .isCloseTo(numbers[i], within(1e-4 * numbers[i]));
                }
            }
            assertClose(values(host.copyParameters()), values(device.copyParameters()), 1);
            assertClose(values(optimizer.copyState()), values(training.velocities().copy()), 1);
            assertClose(values(ofHost.copy()), values(ofDevice.copy()), 1);
        }
    }

    /**
     * Two batches whose gradients are added up make the step of one that holds all their images.
     */
    @Test
    void accumulatedBatchesAreOneStep() throws IOException {
        DetectorConfiguration configuration = TinyDetectors.smallest("frn", rule);
        try (Detector one = TinyDetectors.livelyByOperators(configuration, 9);
                Detector other = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining whole = training(one, LabelledBatches.LOSS);
                DeviceTraining parts = training(other, LabelledBatches.LOSS)) {
            accumulate(one, whole, 0, 1, 2);
            accumulate(other, parts, 0);
            accumulate(other, parts, 1, 2);
            whole.step(RATE);
            parts.step(RATE);
            assertClose(values(one.copyParameters()), values(other.copyParameters()), 1);
            assertNear(parts.read().get(0), whole.read().get(0));
        }
    }

    @Test
    void aStepThatIsNotFiniteMovesNothingAndTheNextOneGoesOn() throws IOException {
        DetectorConfiguration configuration = TinyDetectors.smallest("frn", rule);
        try (Detector detector = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining training = training(detector, LabelledBatches.LOSS)) {
            WeightAverage average =
                    new WeightAverage(detector.network(), 0.9, Optional.of(training));
            accumulate(detector, training, 0);
            training.step(RATE);
            average.update(1);
            Map<String, Tensor> good = detector.copyParameters();
            Map<String, Tensor> velocities = training.velocities().copy();
            Map<String, Tensor> averages = average.copy();
            NDArray bias =
                    NamedParameters.of(detector.network())
                            .get("classification.output.bias")
                            .getArray();
            EngineBridge engine = EngineBridge.of(bias);
            float[] values = engine.copy(bias);
            engine.set(bias, FloatBuffer.wrap(new float[values.length]).put(0, Float.NaN));
            accumulate(detector, training, 0);
            engine.set(bias, FloatBuffer.wrap(values));
            training.step(RATE);
            average.update(2);
            assertThat(detector.copyParameters()).isEqualTo(good);
            assertThat(training.velocities().copy()).isEqualTo(velocities);
            assertThat(average.copy()).isEqualTo(averages);
            accumulate(detector, training, 0);
            training.step(RATE);
            assertThat(detector.copyParameters()).isNotEqualTo(good);
            List<StepNumbers> read = training.read();
            assertThat(read.get(0).gradientNorm()).isFinite();
            assertThat(read.get(1).gradientNorm()).isNaN();
            assertThat(read.get(2).gradientNorm()).isFinite().isPositive();
        }
    }

    /** What a step makes is gone when it ends: no array stays, on the device or in host memory. */
    @ParameterizedTest
    @CsvSource({"frn-eps", "bn"})
    void threeHundredStepsLeaveNothingBehind(String norm) throws IOException {
        DetectorConfiguration configuration = TinyDetectors.smallest(norm, rule);
        BufferPoolMXBean direct = directBuffers();
        try (Detector detector = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining training = training(detector, LabelledBatches.LOSS)) {
            train(detector, training, 0, 140); // in which Java compiles
            int resources = ProcessMemory.resources(detector.manager());
            long buffers = direct.getCount();
            double leastMib = Double.POSITIVE_INFINITY;
            for (int start = 140; start < 440; start += 100) {
                double before = ProcessMemory.nativeMib().orElse(0);
                train(detector, training, start, start + 100);
                leastMib = Math.min(leastMib, ProcessMemory.nativeMib().orElse(0) - before);
            }
            assertThat(ProcessMemory.resources(detector.manager())).isEqualTo(resources);
            assertThat(direct.getCount()).isLessThanOrEqualTo(buffers + 2);
            // Java's own code and classes take some now and then, what is left behind always
            assertThat(leastMib).isLessThan(8);
        }
    }

    private void train(Detector detector, DeviceTraining training, int from, int to)
            throws IOException {
        for (int step = from; step < to; step++) {
            accumulate(detector, training, step % 3, (step + 1) % 3);
            training.step(1e-4);
            if (training.unread() == DeviceTraining.MOST_UNREAD) {
                training.read();
            }
        }
    }

    /** Pixels and targets of a step are written where PyTorch wants them, not to memory of Java. */
    @Test
    void aStepMakesNoBufferInTheHostsMemory() throws IOException {
        BufferPoolMXBean direct = directBuffers();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        CanvasRule large = new CanvasRule(256, 256);
        int pixelBytes = 2 * 3 * 256 * 256 * Float.BYTES;
        LabelledBatches drawn =
                new LabelledBatches(
                        new RectangleFolder(Files.createDirectory(folder.resolve("large")))
                                .image(1, 256, 256, 2)
                                .image(2, 256, 256, 3)
                                .dataset(),
                        large);
        try (Detector detector =
                        TinyDetectors.livelyByOperators(
                                TinyDetectors.configuration("frn", large, PostProcessing.DEFAULT),
                                9);
                DeviceTraining training = training(detector, LabelledBatches.LOSS);
                Batch batch = drawn.decode(0, 1)) {
            Anchors anchors = detector.anchors(batch.items().get(0).canvas());
            List<AnchorTargets> targets = LabelledBatches.targets(batch, anchors);
            long buffers = 0;
            long bytes = 0;
            for (int step = 0; step < 15; step++) {
                if (step == 5) {
                    buffers = direct.getCount();
                    bytes = threads.getCurrentThreadAllocatedBytes();
                }
                training.accumulate(batch.pixels(), 256, 256, anchors, targets);
                training.step(RATE);
            }
            assertThat(direct.getCount()).isLessThanOrEqualTo(buffers);
            assertThat((threads.getCurrentThreadAllocatedBytes() - bytes) / 10)
                    .isLessThan(pixelBytes);
        }
    }

    private static BufferPoolMXBean directBuffers() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
    }
}
