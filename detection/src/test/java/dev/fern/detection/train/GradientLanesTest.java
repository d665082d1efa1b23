package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.data.Batch;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Splitting a batch among threads changes which thread computes, not what is computed. */
@Tag("engine")
class GradientLanesTest {

    private static final CanvasRule RULE = new CanvasRule(64, 64);

    @TempDir Path folder;

    private LabelledBatches batches;

    @BeforeEach
    void drawImages() throws IOException {
        RectangleFolder drawings = new RectangleFolder(folder);
        for (int id = 1; id <= 5; id++) {
            drawings.image(id, 64, 64, id % 3);
        }
        batches = new LabelledBatches(drawings.dataset(), RULE);
    }

    private static int lanes(Detector detector) {
        return GradientLanes.available(
                detector.network(),
                detector.configuration().architecture().isBatchIndependent(),
                detector.manager());
    }

    private static double relativeDifference(Map<String, Tensor> one, Map<String, Tensor> other) {
        double difference = 0;
        double size = 0;
        for (String name : one.keySet()) {
            float[] expected = one.get(name).data();
            for (int i = 0; i < expected.length; i++) {
                difference += Math.pow(other.get(name).data()[i] - (double) expected[i], 2);
                size += Math.pow(expected[i], 2);
            }
        }
        return Math.sqrt(difference / size);
    }

    private static Detector detector(String norm) {
        return TinyDetectors.lively(TinyDetectors.smallest(norm, RULE), 9);
    }

    private static List<GradientLanes.Part<DetectionLoss>> accumulate(
            Detector detector, GradientLanes<GradientStep> gradients, Batch batch) {
        return accumulate(detector, gradients, batch, targets(detector, batch));
    }

    private static List<GradientLanes.Part<DetectionLoss>> accumulate(
            Detector detector,
            GradientLanes<GradientStep> gradients,
            Batch batch,
            List<AnchorTargets> targets) {
        return GradientStep.accumulate(
                gradients,
                batch.pixels(),
                batch.canvasSize().height(),
                batch.canvasSize().width(),
                detector.anchors(batch.items().get(0).canvas()),
                targets);
    }

    private static List<AnchorTargets> targets(Detector detector, Batch batch) {
        return LabelledBatches.targets(batch, detector.anchors(batch.items().get(0).canvas()));
    }

    /** Trains some steps with batches of five, four, ... images; returns the parameters. */
    private Map<String, Tensor> trained(String norm, int lanes, double[] losses)
            throws IOException {
        return trained(norm, lanes, false, losses);
    }

    private Map<String, Tensor> trained(String norm, int lanes, boolean inPlace, double[] losses)
            throws IOException {
        try (Detector detector = detector(norm)) {
            SgdOptimizer optimizer = new SgdOptimizer(detector.network(), 0.9, 1e-4, 0, 5, inPlace);
            try (GradientLanes<GradientStep> gradients =
                    GradientStep.lanes(
                            detector,
                            LabelledBatches.LOSS,
                            optimizer,
                            Collections.nCopies(lanes, Device.cpu()))) {
                for (int images = losses.length; images > 0; images--) {
                    try (Batch batch = batches.decode(IntStream.range(0, images).toArray())) {
                        for (GradientLanes.Part<DetectionLoss> part :
                                accumulate(detector, gradients, batch)) {
                            losses[images - 1] +=
                                    (part.loss().classification() + part.loss().regression())
                                            * part.images()
                                            / images;
                        }
                    }
                    optimizer.step(0.01);
                    // An evaluation lays the weights out anew.
                    batches.forward(detector, 0);
                }
            }
            return detector.copyParameters();
        }
    }

    @ParameterizedTest
    @CsvSource({"frn, 2", "frn, 3", "frn, 8", "gn4, 2", "frozen-bn, 2"})
    void splitBatchesTrainAsWholeOnes(String norm, int lanes) throws IOException {
        double[] wholeLosses = new double[5];
        double[] losses = new double[5];
        Map<String, Tensor> whole = trained(norm, 1, wholeLosses);
        Map<String, Tensor> split = trained(norm, lanes, losses);
        assertThat(losses).containsExactly(wholeLosses, within(1e-4 * wholeLosses[4]));
        assertThat(relativeDifference(whole, split)).isLessThan(1e-5);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void gradientsMayBeAddedUpInTheNetworksOwn(int lanes) throws IOException {
        Map<String, Tensor> apart = trained("frn", lanes, false, new double[5]);
        Map<String, Tensor> inPlace = trained("frn", lanes, true, new double[5]);
        apart.forEach((name, value) -> assertThat(inPlace.get(name)).as(name).isEqualTo(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "bn"})
    void oneCoreComputesWhatSeveralDo(String norm) {
        int cores = Runtime.getRuntime().availableProcessors();
        Map<String, Tensor> ofOne = trainedOnThreads(norm, cores);
        Map<String, Tensor> ofAll = trainedOnThreads(norm, 1);
        assertThat(relativeDifference(ofAll, ofOne)).isLessThan(1e-5);
    }

    /** Trains on one of several threads, which have an equal share of the cores each. */
    private Map<String, Tensor> trainedOnThreads(String norm, int threads) {
        try (EngineThreads engine =
                new EngineThreads(EngineBridge.of(TinyDetectors.ENGINE), threads)) {
            Supplier<Map<String, Tensor>> training =
                    () -> {
                        try {
                            return trained(norm, 1, new double[5]);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    };
            return engine.run(List.of(training)).get(0);
        }
    }

    @Test
    void threadsDoNotMakeTheResultDependOnTheirTiming() throws IOException {
        Map<String, Tensor> once = trained("frn", 3, new double[5]);
        Map<String, Tensor> again = trained("frn", 3, new double[5]);
        once.forEach((name, value) -> assertThat(again.get(name).data()).isEqualTo(value.data()));
    }

    @Test
    void onlyNormsThatKeepImagesApartAllowSeveralThreads() {
        for (String norm : List.of("frn", "frn-relu", "gn4", "ln", "in", "frozen-bn")) {
            try (Detector detector = detector(norm)) {
                assertThat(lanes(detector))
                        .isEqualTo(
                                Tape.supports(detector.manager())
                                        ? EngineThreads.cores()
                                        : EngineBridge.of(TinyDetectors.ENGINE).lanes());
            }
        }
        for (String norm : List.of("bn", "brn")) {
            try (Detector detector = detector(norm)) {
                assertThat(lanes(detector)).isEqualTo(1);
            }
        }
    }

    @Test
    void lossThatIsNotFiniteIsToldWithItsImagesAndNothingIsAdded() throws IOException {
        try (Detector detector = detector("frn")) {
            SgdOptimizer optimizer = new SgdOptimizer(detector.network(), 0.9, 1e-4, 0, 5);
            try (GradientLanes<GradientStep> gradients =
                            GradientStep.lanes(
                                    detector,
                                    LabelledBatches.LOSS,
                                    optimizer,
                                    Collections.nCopies(2, Device.cpu()));
                    Batch batch = batches.decode(0, 1, 2)) {
                List<AnchorTargets> targets = new ArrayList<>(targets(detector, batch));
                Arrays.fill(targets.get(1).codes(), Float.NaN);
                List<GradientLanes.Part<DetectionLoss>> parts =
                        accumulate(detector, gradients, batch, targets);
                assertThat(parts).hasSize(2);
                assertThat(parts.get(0).loss().isFinite()).isTrue();
                assertThat(parts.get(1).loss().isFinite()).isFalse();
                assertThat(parts.get(1).first()).isEqualTo(1);
                assertThat(parts.get(1).end()).isEqualTo(3);
                assertThat(optimizer.step(1)).isNaN();
                assertThat(detector.copyParameters().values())
                        .allSatisfy(tensor -> assertThat(tensor.data()).doesNotContain(Float.NaN));
            }
        }
    }

    @Test
    void failureOnAThreadIsThrownToTheCaller() throws IOException {
        try (Detector detector = detector("frn")) {
            SgdOptimizer optimizer = new SgdOptimizer(detector.network(), 0.9, 1e-4, 0, 5);
            try (GradientLanes<GradientStep> gradients =
                            GradientStep.lanes(
                                    detector,
                                    LabelledBatches.LOSS,
                                    optimizer,
                                    Collections.nCopies(2, Device.cpu()));
                    Batch batch = batches.decode(0, 1)) {
                AnchorTargets wrong =
                        new AnchorTargets(new int[1], new int[] {0}, new float[] {0, 0, 0, 0});
                assertThatThrownBy(
                                () -> accumulate(detector, gradients, batch, List.of(wrong, wrong)))
                        .isInstanceOf(ArrayIndexOutOfBoundsException.class);
                assertThat(accumulate(detector, gradients, batch)).hasSize(2);
            }
        }
    }
}
