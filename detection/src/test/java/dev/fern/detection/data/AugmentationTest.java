package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.data.Augmentation.Targets;
import dev.fern.detection.data.Augmentation.Window;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ColorChange;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.image.PixelNormalization;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AugmentationTest {

    private static final CanvasRule RULE = new CanvasRule(96, 160);
    private static final AugmentationParameters ALL =
            new AugmentationParameters(
                    0.5,
                    0.5,
                    List.of(64, 96, 128),
                    List.of(0.8, 1.25),
                    0.6,
                    new ColorJitter(0.3, 0.3, 0.3, 20));

    @Test
    void flipsMirrorBoxesWithinTheImage() {
        float[] box = {10, 20, 30, 25};
        assertThat(flip(true, false, box)).containsExactly(70, 20, 90, 25);
        assertThat(flip(false, true, box)).containsExactly(10, 25, 30, 30);
        assertThat(flip(true, true, box)).containsExactly(70, 25, 90, 30);
        assertThat(flip(false, false, box)).containsExactly(10, 20, 30, 25);
    }

    private static float[] flip(boolean horizontally, boolean vertically, float[] box) {
        ImageSize size = new ImageSize(100, 50);
        Augmentation augmentation =
                new Augmentation(
                        new Window(0, 0, 100, 50),
                        horizontally,
                        vertically,
                        ColorChange.NONE,
                        new Canvas(size, size, size));
        return augmentation.applyTo(box, new int[1]).boxes();
    }

    @Test
    void cropClipsBoxesAndDropsThoseOfWhichLessThanAQuarterIsLeft() {
        ImageSize window = new ImageSize(40, 20);
        Augmentation augmentation =
                new Augmentation(
                        new Window(10, 5, 40, 20),
                        false,
                        false,
                        ColorChange.NONE,
                        new Canvas(window, new ImageSize(80, 40), new ImageSize(96, 64)));
        // The second box has 3 of 10 columns inside, the third 2 of 10, the last none.
        float[] boxes = {
            12, 10, 20, 15, 3, 10, 13, 15, 2, 10, 12, 15, 60, 10, 70, 20,
        };
        Targets targets = augmentation.applyTo(boxes, new int[] {4, 5, 6, 7});
        assertThat(targets.labels()).containsExactly(4, 5);
        assertThat(targets.boxes()).containsExactly(4, 10, 20, 20, 0, 10, 6, 20);
    }

    /** The picture is black but for one red block: where the red is, the box must be. */
    @Property(tries = 150)
    void boxFollowsThePixels(
            @ForAll @IntRange(min = 40, max = 160) int width,
            @ForAll @IntRange(min = 40, max = 160) int height,
            @ForAll @IntRange(min = 4, max = 20) int blockWidth,
            @ForAll @IntRange(min = 4, max = 20) int blockHeight,
            @ForAll @IntRange(max = 19) int x,
            @ForAll @IntRange(max = 19) int y,
            @ForAll long seed) {
        byte[] bgr = new byte[width * height * 3];
        for (int i = 0; i < blockWidth * blockHeight; i++) {
            int column = x + i % blockWidth;
            int row = y + i / blockWidth;
            bgr[(row * width + column) * 3 + 2] = (byte) 255;
        }
        AugmentationParameters parameters =
                new AugmentationParameters(
                        0.5, 0.5, List.of(64, 96, 128), List.of(0.8, 1.25), 0.6, ColorJitter.OFF);
        ImageSize size = new ImageSize(width, height);
        Augmentation augmentation = Augmentation.draw(parameters, RULE, size, seed, 1, 2);
        Canvas canvas = augmentation.canvas();
        float[] input = new float[ImageTransform.length(canvas)];
        PixelNormalization plain =
                new PixelNormalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
        try (BgrImage image = BgrImage.of(width, height, bgr);
                BgrImage augmented = augmentation.applyTo(image)) {
            new ImageTransform(plain).write(augmented, canvas, FloatBuffer.wrap(input), 0);
        }
        float[] block = {x, y, x + blockWidth, y + blockHeight};
        float[] box = augmentation.applyTo(block, new int[1]).boxes();
        // The sum of red over a column or row, as moments, gives the block's centre and area.
        double red = 0;
        double sumX = 0;
        double sumY = 0;
        int canvasWidth = canvas.size().width();
        for (int i = 0; i < canvasWidth * canvas.size().height(); i++) {
            red += input[i];
            sumX += input[i] * (i % canvasWidth + 0.5);
            sumY += input[i] * (i / canvasWidth + 0.5);
        }
        if (box.length == 0) {
            double area = blockWidth * blockHeight * canvas.scaleX() * canvas.scaleY();
            assertThat(red).isLessThan(0.6 * area);
            return;
        }
        assertThat(sumX / red).isCloseTo((box[0] + box[2]) / 2, within(1.1));
        assertThat(sumY / red).isCloseTo((box[1] + box[3]) / 2, within(1.1));
    }

    @Property
    void drawDependsOnSeedEpochAndImageAlone(
            @ForAll long seed, @ForAll @IntRange(max = 300) int epoch, @ForAll long imageId) {
        ImageSize size = new ImageSize(200, 100);
        Augmentation augmentation = Augmentation.draw(ALL, RULE, size, seed, epoch, imageId);
        assertThat(Augmentation.draw(ALL, RULE, size, seed, epoch, imageId))
                .isEqualTo(augmentation);
        assertThat(Augmentation.draw(ALL, RULE, size, seed + 1, epoch, imageId))
                .isNotEqualTo(augmentation);
        assertThat(Augmentation.draw(ALL, RULE, size, seed, epoch + 1, imageId))
                .isNotEqualTo(augmentation);
        assertThat(Augmentation.draw(ALL, RULE, size, seed, epoch, imageId + 1))
                .isNotEqualTo(augmentation);
    }

    @Test
    void flipsComeAsOftenAsAskedFor() {
        AugmentationParameters parameters =
                new AugmentationParameters(
                        0.3, 0.6, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF);
        ImageSize size = new ImageSize(200, 100);
        int horizontal = 0;
        int both = 0;
        for (int id = 0; id < 20_000; id++) {
            Augmentation augmentation = Augmentation.draw(parameters, RULE, size, 7, 0, id);
            horizontal += augmentation.flipHorizontally() ? 1 : 0;
            both += augmentation.flipHorizontally() && augmentation.flipVertically() ? 1 : 0;
        }
        // Five standard deviations of a binomial count: 324 and 272.
        assertThat(horizontal).isCloseTo(6000, within(324));
        assertThat(both).isCloseTo(3600, within(272));
    }

    @Test
    void everyMinSizeOfMultiScaleIsUsed() {
        AugmentationParameters parameters =
                new AugmentationParameters(
                        0, 0, List.of(64, 96, 128), List.of(1.0, 1.0), 1, ColorJitter.OFF);
        Set<ImageSize> sizes = new HashSet<>();
        for (int id = 0; id < 100; id++) {
            sizes.add(
                    Augmentation.draw(parameters, RULE, new ImageSize(100, 100), 7, 0, id)
                            .canvas()
                            .resized());
        }
        assertThat(sizes)
                .containsExactlyInAnyOrder(
                        new ImageSize(64, 64), new ImageSize(96, 96), new ImageSize(128, 128));
    }

    @Test
    void withoutAugmentationTheImageIsAsTheRuleHasIt() {
        ImageSize size = new ImageSize(200, 100);
        assertThat(Augmentation.draw(AugmentationParameters.NONE, RULE, size, 1, 2, 3))
                .isEqualTo(Augmentation.none(RULE, size));
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(
                        () ->
                                new AugmentationParameters(
                                        1.5, 0, List.of(), List.of(1.0, 1.0), 1, ColorJitter.OFF))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new AugmentationParameters(
                                        0, 0, List.of(0), List.of(1.0, 1.0), 1, ColorJitter.OFF))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                new AugmentationParameters(
                                        0, 0, List.of(), List.of(2.0, 1.0), 1, ColorJitter.OFF))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ColorJitter(0, Double.NaN, 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
