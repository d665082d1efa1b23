package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that one engine wrote is loaded by the other, which finds the same objects with it. */
class EnginesAgreeTest {

    private static final double BOX_TOLERANCE = 0.05;
    private static final double SCORE_TOLERANCE = 1e-3;
    private static final int PHOTOGRAPHS = 20;

    @TempDir Path folder;

    @BeforeEach
    void requirePyTorch() {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
    }

    private static Detector lively(String norm, String engine) {
        return TinyDetectors.lively(
                TinyDetectors.configuration(
                        norm, new CanvasRule(160, 224), new PostProcessing(0.2, 0.5, 300, 100)),
                engine,
                4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"frn", "frn-eps", "bn", "frozen-bn", "gn4"})
    void picturesHaveTheSameDetections(String norm) throws IOException {
        List<Path> pictures =
                List.of(
                        TestImages.write(folder.resolve("wide.png"), 190, 120, 1),
                        TestImages.write(folder.resolve("high.png"), 100, 150, 2));
        assertAgree(norm, "MXNet", "PyTorch", pictures);
        assertAgree(norm, "PyTorch", "MXNet", pictures);
    }

    @Test
    void photographsHaveTheSameDetections() throws IOException {
        Path bccd = Path.of(System.getProperty("fern.shared", "../shared"), "data/bccd/val");
        assumeTrue(Files.isDirectory(bccd), "skipped: no photographs at " + bccd);
        List<Path> photographs;
        try (Stream<Path> files = Files.list(bccd)) {
            photographs = files.sorted().limit(PHOTOGRAPHS).toList();
        }
        assertThat(photographs).hasSize(PHOTOGRAPHS);
        assertAgree("frn", "MXNet", "PyTorch", photographs);
    }

    /** Writes a model by one engine and detects in the pictures by both. */
    private void assertAgree(String norm, String writer, String reader, List<Path> pictures)
            throws IOException {
        Path model = folder.resolve(writer);
        try (Detector written = lively(norm, writer)) {
            ModelDirectory.write(model, written.configuration(), written.copyParameters());
            try (Detector read = Detector.load(model, reader)) {
                assertThat(read.copyParameters()).isEqualTo(written.copyParameters());
                for (Path picture : pictures) {
                    try (BgrImage image = ImageReader.standard().read(picture)) {
                        assertSame(written.detect(image), read.detect(image), picture);
                    }
                }
            }
        }
    }

    /** Each detection finds its own: scores that differ by rounding alone may change places. */
    private static void assertSame(List<Detection> some, List<Detection> others, Path picture) {
        assertThat(some).as("detections in %s", picture).isNotEmpty().hasSameSizeAs(others);
        List<Detection> left = new ArrayList<>(others);
        for (Detection one : some) {
            Detection match =
                    left.stream().filter(other -> isSame(one, other)).findFirst().orElse(null);
            assertThat(match).as("%s of %s, among %s", one, picture, others).isNotNull();
            left.remove(match);
        }
    }

    private static boolean isSame(Detection one, Detection other) {
        return one.category() == other.category()
                && Math.abs(one.score() - other.score()) <= SCORE_TOLERANCE
                && Math.abs(one.x1() - other.x1()) <= BOX_TOLERANCE
                && Math.abs(one.y1() - other.y1()) <= BOX_TOLERANCE
                && Math.abs(one.x2() - other.x2()) <= BOX_TOLERANCE
                && Math.abs(one.y2() - other.y2()) <= BOX_TOLERANCE;
    }
}
