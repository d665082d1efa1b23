package dev.fern.onnx;

import static dev.fern.onnx.LivelyDetectors.CATEGORIES;
import static dev.fern.onnx.LivelyDetectors.IMAGES;
import static dev.fern.onnx.LivelyDetectors.distance;
import static dev.fern.onnx.LivelyDetectors.lively;
import static dev.fern.onnx.LivelyDetectors.pixels;
import static dev.fern.onnx.LivelyDetectors.settings;
import static dev.fern.onnx.LivelyDetectors.shape;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.onnx.OnnxCheck.Output;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds ONNX models, run by ONNX Runtime, against the detectors that they were made of. */
class OnnxExportTest {

    /** In pixels: 1e-3 of the larger side of a canvas. */
    private static final double TOLERANCE = 0.16;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "resnet18, frn",
        "resnet50, frn",
        "resnet18v2, frn",
        "resnet50v2, frn-eps",
        "resnet18, frn-eps",
        "resnet18, frn-relu",
        "resnet50, bn",
        "resnet50v2, bn-tlu",
        "resnet18, brn",
        "resnet18, frozen-bn",
        "resnet18, frozen-bn-eps0",
        "resnet50, gn2",
        "resnet50v2, gn2-tlu",
        "resnet18, ln",
        "resnet18, in"
    })
    void theHeadsAreThoseOfTheNetwork(String backbone, String norm) throws Exception {
        try (Detector detector = lively(settings(backbone, norm));
                OnnxCheck check = export(detector, OnnxOptions.Outputs.HEADS)) {
            for (ImageSize size : List.of(new ImageSize(96, 64), new ImageSize(64, 96))) {
                FloatBuffer pixels = pixels(size, 5);
                List<HeadOutput> expected = detector.outputs(pixels, IMAGES, size, false);
                List<Output> found = check.run(pixels, shape(size), new float[0]);
                int levels = expected.size();
                assertThat(found).hasSize(2 * levels);
                for (int l = 0; l < levels; l++) {
                    assertThat(distance(found.get(l).channelsLast(), expected.get(l).logits()))
                            .as("logits of level " + l)
                            .isLessThan(1e-4);
                    assertThat(
                                    distance(
                                            found.get(levels + l).channelsLast(),
                                            expected.get(l).codes()))
                            .as("codes of level " + l)
                            .isLessThan(1e-4);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"frn, TORCHVISION", "bn, NONE", "gn2, NONE_CENTRED"})
    void theDetectionsAreThoseOfTheDetector(String norm, Rounding rounding) throws Exception {
        try (Detector detector = lively(settings("resnet18", norm), rounding)) {
            ImageSize size = new ImageSize(160, 96);
            List<Canvas> canvases =
                    List.of(
                            new Canvas(new ImageSize(150, 90), new ImageSize(150, 90), size),
                            new Canvas(new ImageSize(101, 96), new ImageSize(101, 96), size));
            FloatBuffer pixels = pixels(size, 7);
            List<List<Detection>> expected = detector.detect(pixels, canvases);
            assertThat(expected.get(0)).hasSizeGreaterThan(20);
            List<Output> found =
                    run(detector, OnnxOptions.Outputs.DETECTIONS, pixels, size, 150, 90, 101, 96);
            for (int n = 0; n < IMAGES; n++) {
                requireSame(expected.get(n), found, n);
            }
        }
    }

    /** Asks for the same detections; those whose scores are nearly equal may change places. */
    private static void requireSame(List<Detection> expected, List<Output> found, int n) {
        int most = (int) found.get(1).shape()[1];
        List<Detection> left = new ArrayList<>();
        for (int at = n * most; at < (n + 1) * most; at++) {
            float score = found.get(1).values()[at];
            int label = (int) found.get(2).values()[at];
            assertThat(label < 0).isEqualTo(score < 0);
            if (label >= 0) {
                float[] boxes = found.get(0).values();
                left.add(
                        new Detection(
                                boxes[4 * at],
                                boxes[4 * at + 1],
                                boxes[4 * at + 2],
                                boxes[4 * at + 3],
                                label,
                                CATEGORIES.get(label).id(),
                                CATEGORIES.get(label).name(),
                                score));
            }
        }
        assertThat(left)
                .extracting(Detection::score)
                .isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(left).hasSameSizeAs(expected);
        for (Detection detection : expected) {
            Optional<Detection> same =
                    left.stream().filter(other -> isSame(detection, other)).findFirst();
            assertThat(same).as(detection + " among " + left).isPresent();
            left.remove(same.get());
        }
    }

    private static boolean isSame(Detection a, Detection b) {
        return a.category() == b.category()
                && Math.abs(a.score() - b.score()) < 1e-3
                && Math.abs(a.x1() - b.x1()) < TOLERANCE
                && Math.abs(a.y1() - b.y1()) < TOLERANCE
                && Math.abs(a.x2() - b.x2()) < TOLERANCE
                && Math.abs(a.y2() - b.y2()) < TOLERANCE;
    }

    @Test
    void aModelOfOneSizeGivesTheSameAsOneOfAnySize() throws Exception {
        try (Detector detector = lively(settings("resnet18", "frn"))) {
            ImageSize size = new ImageSize(96, 64);
            FloatBuffer pixels = pixels(size, 3);
            Path fixed = folder.resolve("fixed.onnx");
            OnnxExport.write(
                    detector.configuration(),
                    detector.copyParameters(),
                    new OnnxOptions(OnnxOptions.Outputs.BOXES, Optional.of(size)),
                    fixed);
            List<Output> any =
                    run(detector, OnnxOptions.Outputs.BOXES, pixels, size, 96, 64, 80, 50);
            try (OnnxCheck check = OnnxCheck.load(fixed)) {
                List<Output> one = check.run(pixels, shape(size), new float[] {96, 64, 80, 50});
                for (int i = 0; i < 2; i++) {
                    assertThat(distance(one.get(i).values(), any.get(i).values())).isLessThan(1e-6);
                }
            }
        }
    }

    private List<Output> run(
            Detector detector,
            OnnxOptions.Outputs outputs,
            FloatBuffer pixels,
            ImageSize size,
            float... sizes)
            throws Exception {
        try (OnnxCheck check = export(detector, outputs)) {
            return check.run(pixels, shape(size), sizes);
        }
    }

    private OnnxCheck export(Detector detector, OnnxOptions.Outputs outputs) throws Exception {
        Path file = folder.resolve("model.onnx");
        OnnxExport.write(
                detector.configuration(),
                detector.copyParameters(),
                new OnnxOptions(outputs, Optional.empty()),
                file);
        return OnnxCheck.load(file);
    }
}
