package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.data.Augmentation;
import dev.fern.detection.data.Augmentation.Window;
import dev.fern.detection.data.ColorJitter;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ColorChange;
import dev.fern.detection.image.ImageSize;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomResizedCropTest {

    private static RandomResizedCrop crop(double minArea, double minAspect, double maxAspect) {
        return new RandomResizedCrop(64, minArea, 1, minAspect, maxAspect, 0.5, ColorJitter.OFF);
    }

    private static final RandomResizedCrop REFERENCE = crop(0.08, 3 / 4.0, 4 / 3.0);

    @Property(tries = 300)
    void aWindowLiesWithinItsImageAndIsResizedToTheSquare(
            @ForAll @IntRange(min = 1, max = 300) int width,
            @ForAll @IntRange(min = 1, max = 300) int height,
            @ForAll long seed) {
        Augmentation drawn = REFERENCE.draw(new ImageSize(width, height), seed, 3, 5);
        Window window = drawn.window();
        assertThat(window.x()).isNotNegative();
        assertThat(window.y()).isNotNegative();
        assertThat(window.width()).isBetween(1, width - window.x());
        assertThat(window.height()).isBetween(1, height - window.y());
        assertThat(drawn.canvas())
                .isEqualTo(
                        new Canvas(
                                new ImageSize(window.width(), window.height()),
                                new ImageSize(64, 64),
                                new ImageSize(64, 64)));
    }

    @Test
    void areaAndShapeAreUniformWithinTheirRanges() {
        ImageSize size = new ImageSize(4000, 4000);
        double[] logAspects = new double[4000];
        double[] areas = new double[4000];
        RandomResizedCrop half = new RandomResizedCrop(64, 0.1, 0.5, 0.5, 2, 0, ColorJitter.OFF);
        for (int i = 0; i < areas.length; i++) {
            Window window = half.draw(size, 1, 0, i).window();
            areas[i] = (double) window.width() * window.height() / 16e6;
            logAspects[i] = Math.log((double) window.width() / window.height());
        }
        // All windows fit: half of the area at 1:2 is just as wide or as high as the image.
        assertUniform(areas, 0.1, 0.5);
        assertUniform(logAspects, -Math.log(2), Math.log(2));
    }

    private static void assertUniform(double[] values, double min, double max) {
        double width = max - min;
        double mean =
                IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(0);
        double variance =
                IntStream.range(0, values.length)
                        .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                        .average()
                        .orElse(0);
        for (double value : values) {
            assertThat(value).isBetween(min - 1e-3, max + 1e-3);
        }
        // The bounds are four standard errors of the mean of a uniform variable.
        assertThat(mean)
                .isCloseTo((min + max) / 2, within(4 * width / Math.sqrt(12.0 * values.length)));
        assertThat(variance).isCloseTo(width * width / 12, within(0.06 * width * width / 12));
    }

    @Test
    void whatHappensDependsOnSeedEpochAndImageAlone() {
        ImageSize size = new ImageSize(120, 90);
        Augmentation drawn = REFERENCE.draw(size, 1, 2, 3);
        assertThat(REFERENCE.draw(size, 1, 2, 3)).isEqualTo(drawn);
        assertThat(REFERENCE.draw(size, 2, 2, 3)).isNotEqualTo(drawn);
        assertThat(REFERENCE.draw(size, 1, 3, 3)).isNotEqualTo(drawn);
        assertThat(REFERENCE.draw(size, 1, 2, 4)).isNotEqualTo(drawn);
        long flipped =
                LongStream.range(0, 1000)
                        .filter(id -> REFERENCE.draw(size, 1, 2, id).flipHorizontally())
                        .count();
        assertThat(flipped).isBetween(437L, 563L); // four standard deviations about one half
    }

    /** As in torchvision, too wide or too narrow an image is cut to the nearest shape. */
    @ParameterizedTest
    @CsvSource({"1000, 1, 499, 0, 1, 1", "30, 300, 0, 130, 30, 40", "300, 30, 130, 0, 40, 30"})
    void whereNoWindowFitsTheMiddleIsTaken(
            int width, int height, int x, int y, int windowWidth, int windowHeight) {
        RandomResizedCrop whole = crop(1, 3 / 4.0, 4 / 3.0);
        assertThat(whole.draw(new ImageSize(width, height), 1, 0, 1).window())
                .isEqualTo(new Window(x, y, windowWidth, windowHeight));
    }

    @Test
    void whereEveryShapeIsAllowedTheWholeAreaIsTheWholeImage() {
        assertThat(crop(1, 1, 1).draw(new ImageSize(50, 50), 1, 0, 1).window())
                .isEqualTo(new Window(0, 0, 50, 50));
    }

    /** Resize(256) and CenterCrop(224) of 512 x 256 are columns 144 to 368, rows 16 to 240. */
    @Test
    void theMiddleIsWhatResizingAndCuttingOutTheCentreLeave() {
        Augmentation centre = RandomResizedCrop.centre(new ImageSize(512, 256), 224, 224 / 256.0);
        assertThat(centre.window()).isEqualTo(new Window(144, 16, 224, 224));
        assertThat(centre.flipHorizontally()).isFalse();
        assertThat(centre.color()).isEqualTo(ColorChange.NONE);
        assertThat(centre.canvas().size()).isEqualTo(new ImageSize(224, 224));
        assertThat(RandomResizedCrop.centre(new ImageSize(1, 9), 32, 0.5).window())
                .isEqualTo(new Window(0, 4, 1, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.1, 1, 0.75, 1.33, 0.5, input size",
        "64, 0, 1, 0.75, 1.33, 0.5, crop area",
        "64, 0.5, 0.4, 0.75, 1.33, 0.5, crop area",
        "64, 0.5, 1.1, 0.75, 1.33, 0.5, crop area",
        "64, 0.5, 1, 1.4, 1.33, 0.5, crop aspect",
        "64, 0.5, 1, 0, 1.33, 0.5, crop aspect",
        "64, 0.5, 1, 0.75, 1.33, 1.5, flip probability"
    })
    void settingsOutOfRangeAreRefused(
            int side,
            double minArea,
            double maxArea,
            double minAspect,
            double maxAspect,
            double flip,
            String message) {
        assertThatThrownBy(
                        () ->
                                new RandomResizedCrop(
                                        side,
                                        minArea,
                                        maxArea,
                                        minAspect,
                                        maxAspect,
                                        flip,
                                        ColorJitter.OFF))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
