package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.backbone.host.Transfers;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Detections whose candidates are chosen and decoded on the device are the host's. */
@Tag("device")
class DeviceDetectionTest {

    @TempDir Path folder;

    @BeforeEach
    void requirePyTorch() {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
    }

    private static DetectorConfiguration configuration(String norm, int candidates) {
        return TinyDetectors.configuration(
                norm, new CanvasRule(160, 224), new PostProcessing(0.2, 0.5, candidates, 100));
    }

    @ParameterizedTest
    @CsvSource({"frn, 300", "bn, 300", "gn4, 20", "frozen-bn, 1000"})
    void detectionsAreThoseOfTheHost(String norm, int candidates) throws IOException {
        DetectorConfiguration configuration = configuration(norm, candidates);
        List<Path> pictures =
                List.of(
                        TestImages.write(folder.resolve("wide.png"), 190, 120, 1),
                        TestImages.write(folder.resolve("high.png"), 100, 150, 2),
                        TestImages.write(folder.resolve("other.png"), 190, 120, 3));
        try (Detector host = TinyDetectors.lively(configuration, "PyTorch", 4);
                Detector device = TinyDetectors.livelyByOperators(configuration, 4)) {
            List<List<Detection>> together = device.detect(pictures, DetectorInput::of);
            for (int i = 0; i < pictures.size(); i++) {
                try (BgrImage image = ImageReader.standard().read(pictures.get(i))) {
                    List<Detection> expected = host.detect(image);
                    List<Detection> found = device.detect(image);
                    // the networks' maps differ by rounding, as those of two engines do
                    assertNearlyAllSame(expected, found);
                    // rounding in two passes, and in boxes that reach far beyond the picture
                    assertSame(throughTheHost(device, image), found, 1e-5, 1e-2);
                    assertNearlyAllSame(found, together.get(i));
                    Transfers before = Transfers.count();
                    device.detect(image);
                    assertThat(Transfers.since(before)).isEqualTo(new Transfers(1, 1));
                }
            }
        }
    }

    /**
     * What the batch changes is the order of sums, as in float32; a value that it takes to the
     * other neighbour in 8 bits may move a detection farther.
     */
    @Test
    void detectionsInBfloat16AreNearThoseOfFloat32() throws IOException {
        List<Path> pictures =
                List.of(
                        TestImages.write(folder.resolve("wide.png"), 190, 120, 1),
                        TestImages.write(folder.resolve("other.png"), 190, 120, 3));
        try (Detector device = TinyDetectors.livelyByOperators(configuration("frn", 300), 4)) {
            List<List<Detection>> exact = device.detect(pictures, DetectorInput::of);
            device.setPrecision(Precision.BFLOAT16);
            List<List<Detection>> together = device.detect(pictures, DetectorInput::of);
            for (int i = 0; i < pictures.size(); i++) {
                try (BgrImage image = ImageReader.standard().read(pictures.get(i))) {
                    Transfers before = Transfers.count();
                    List<Detection> found = device.detect(image);
                    assertThat(Transfers.since(before)).isEqualTo(new Transfers(1, 1));
                    assertThat(found).isNotEqualTo(exact.get(i));
                    assertThat(alike(exact.get(i), found, 0.03, 2)).isGreaterThan(0.8);
                    assertThat(alike(throughTheHost(device, image), found, 0.03, 2))
                            .isGreaterThan(0.8);
                    assertThat(alike(together.get(i), found, 1e-3, 0.05)).isGreaterThan(0.9);
                }
            }
        }
    }

    /** Returns the part of some detections that others have too. */
    private static double alike(
            List<Detection> some, List<Detection> others, double score, double box) {
        return some.stream()
                        .filter(one -> others.stream().anyMatch(o -> isSame(one, o, score, box)))
                        .count()
                / (double) some.size();
    }

    /** What the host makes of the outputs that the device has computed. */
    private static List<Detection> throughTheHost(Detector device, BgrImage image) {
        ImagePipeline pipeline = new ImagePipeline(device.configuration());
        Canvas canvas = pipeline.canvas(image);
        return pipeline.withPixels(
                image,
                canvas,
                pixels ->
                        pipeline.detections(
                                        device.outputs(pixels, 1, canvas.size(), false),
                                        List.of(canvas))
                                .get(0));
    }

    /**
     * Two boxes whose overlap differs from the limit of suppression by rounding may both be left on
     * one side and not on the other.
     */
    private static void assertNearlyAllSame(List<Detection> some, List<Detection> others) {
        assertThat(alike(some, others, 1e-3, 0.05)).isGreaterThan(0.95);
        assertThat(alike(others, some, 1e-3, 0.05)).isGreaterThan(0.95);
    }

    /** Each detection finds its own: scores that differ by rounding alone may change places. */
    private static void assertSame(
            List<Detection> some, List<Detection> others, double score, double box) {
        assertThat(others).isNotEmpty().hasSameSizeAs(some);
        List<Detection> left = new ArrayList<>(others);
        for (Detection one : some) {
            Detection match =
                    left.stream()
                            .filter(other -> isSame(one, other, score, box))
                            .findFirst()
                            .orElse(null);
            assertThat(match).as("%s among %s", one, others).isNotNull();
            left.remove(match);
        }
    }

    private static boolean isSame(Detection one, Detection other, double score, double box) {
        return one.category() == other.category()
                && Math.abs(one.score() - other.score()) <= score
                && Math.abs(one.x1() - other.x1()) <= box
                && Math.abs(one.y1() - other.y1()) <= box
                && Math.abs(one.x2() - other.x2()) <= box
                && Math.abs(one.y2() - other.y2()) <= box;
    }

    @Test
    void outputsThatAreNotFiniteAreRefused() throws IOException {
        Path picture = TestImages.write(folder.resolve("wide.png"), 190, 120, 1);
        try (Detector detector = TinyDetectors.livelyByOperators(configuration("frn", 300), 4)) {
            Map<String, Tensor> values = detector.copyParameters();
            Arrays.fill(values.get("regression.output.bias").data(), Float.NaN);
            ParameterValues.assign(detector.network(), values);
            assertThatThrownBy(() -> detector.detect(picture))
                    .isInstanceOf(NonFiniteOutputException.class)
                    .hasMessageContaining("wide.png");
        }
    }
}
