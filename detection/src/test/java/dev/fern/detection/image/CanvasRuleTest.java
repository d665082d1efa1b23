package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanvasRuleTest {

    @ParameterizedTest(name = "{0}x{1} at {2}/{3}: {4}x{5} on {6}x{7}")
    @CsvSource({
        // scale 384/640 = 0.6 (256/422 is more): 640 * 0.6, 422 * 0.6 = 253.2
        "640, 422, 256, 384, 384, 253, 384, 256",
        // scale 800/480 = 5/3 (1333/640 is more): 640 * 5/3 = 1066.7
        "640, 480, 800, 1333, 1066, 800, 1088, 800",
        "480, 640, 800, 1333, 800, 1066, 800, 1088",
        // scale 1333/1000 (800/100 is more): 133.3, 1333
        "100, 1000, 800, 1333, 133, 1333, 160, 1344",
        "640, 480, 240, 320, 320, 240, 320, 256",
        "640, 480, 480, 640, 640, 480, 640, 480",
        // 97 * (800 / 97.0) is 799.9999999999999 in double precision, and torchvision rounds down
        "97, 97, 800, 1333, 799, 799, 800, 800",
        "1, 5000, 800, 1333, 1, 1333, 32, 1344",
    })
    void sizesFollowTheRule(
            int width,
            int height,
            int minSize,
            int maxSize,
            int resizedWidth,
            int resizedHeight,
            int canvasWidth,
            int canvasHeight) {
        Canvas canvas = new CanvasRule(minSize, maxSize).canvas(width, height);
        assertThat(canvas)
                .isEqualTo(
                        new Canvas(
                                new ImageSize(width, height),
                                new ImageSize(resizedWidth, resizedHeight),
                                new ImageSize(canvasWidth, canvasHeight)));
    }

    @Test
    void strideIsSettable() {
        assertThat(new CanvasRule(250, 384, 128).canvas(640, 422).size())
                .isEqualTo(new ImageSize(384, 256));
    }

    @Test
    void boxesFollowTheResizeOfEachAxis() {
        // 640 -> 384 is 0.6 exactly, 422 -> 253 is not.
        Canvas canvas = new CanvasRule(256, 384).canvas(640, 422);
        float[] box = canvas.toCanvas(new float[] {10, 211, 640, 422});
        assertThat(box).usingComparatorWithPrecision(1e-4f).containsExactly(6, 126.5f, 384, 253);
        assertThat(canvas.toImage(box))
                .usingComparatorWithPrecision(1e-3f)
                .containsExactly(10, 211, 640, 422);
        assertThat(canvas.scaleY()).isCloseTo(253.0 / 422, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"0, 10, 32", "20, 10, 32", "10, 20, 0", "10, 20000, 32"})
    void nonsenseIsRefused(int minSize, int maxSize, int stride) {
        assertThatThrownBy(() -> new CanvasRule(minSize, maxSize, stride))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("canvas rule");
    }
}
