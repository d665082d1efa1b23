package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.image.BgrImage;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TilingTest {

    private static final double NMS_IOU = 0.5;

    /** Side of the network's view of an image, as a canvas rule would make it. */
    private static final int VIEW = 160;

    /**
     * A detector of white squares with a network's weakness: it sees each image at one size, on a
     * grid of {@link #VIEW} points a side, and needs two points within an object.
     */
    private static final Function<BgrImage, List<Detection>> SQUARES =
            image -> {
                double step = Math.max(image.width(), image.height()) / (double) VIEW;
                byte[] pixels = image.pixels();
                boolean[] seen = new boolean[image.width() * image.height()];
                List<Detection> found = new ArrayList<>();
                for (double y = 0; y < image.height(); y += step) {
                    for (double x = 0; x < image.width(); x += step) {
                        int at = (int) y * image.width() + (int) x;
                        if (pixels[3 * at] == -1 && !seen[at]) {
                            Detection square = square(pixels, seen, at, image.width());
                            if (square.x2() - square.x1() > 2 * step) {
                                found.add(square);
                            }
                        }
                    }
                }
                return found;
            };

    private static Detection square(byte[] pixels, boolean[] seen, int at, int width) {
        int left = at % width;
        while (left > 0 && pixels[3 * (at / width * width + left - 1)] == -1) {
            left--;
        }
        int right = left;
        while (right < width && pixels[3 * (at / width * width + right)] == -1) {
            right++;
        }
        int top = at / width;
        while (top > 0 && pixels[3 * ((top - 1) * width + left)] == -1) {
            top--;
        }
        int bottom = top;
        while (bottom < seen.length / width && pixels[3 * (bottom * width + left)] == -1) {
            bottom++;
        }
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                seen[y * width + x] = true;
            }
        }
        // A larger part of the view is surer.
        float score = Math.min(0.99f, 0.5f + (right - left) / 1000f);
        return TinyDetectors.detection(left, top, right, bottom, 0, score);
    }

    private static BgrImage picture(int width, int height, List<int[]> squares) {
        BgrImage image = BgrImage.of(width, height, new byte[3 * width * height]);
        for (int[] square : squares) {
            try (BgrImage part = image.crop(square[0], square[1], square[2], square[2])) {
                part.fill(Color.WHITE);
            }
        }
        return image;
    }

    @Test
    void smallObjectsOfALargeImageAreFoundOnceEach() {
        List<int[]> squares = new ArrayList<>();
        for (int y = 3; y < 1900; y += 61) {
            for (int x = 5; x < 2500; x += 67) {
                squares.add(new int[] {x, y, 12});
            }
        }
        try (BgrImage image = picture(2560, 1920, squares)) {
            assertThat(SQUARES.apply(image)).isEmpty();
            List<Detection> found = new Tiling(640, 0.2).detect(SQUARES, NMS_IOU, image);
            assertThat(found)
                    .extracting(d -> List.of((int) d.x1(), (int) d.y1(), (int) d.x2()))
                    .containsExactlyInAnyOrderElementsOf(
                            squares.stream().map(s -> List.of(s[0], s[1], s[0] + s[2])).toList());
        }
    }

    @Test
    void aLargeObjectIsOneAlthoughTilesCutIt() {
        try (BgrImage image = picture(1600, 1200, List.of(new int[] {300, 150, 900}))) {
            assertThat(new Tiling(400, 0.2).detect(SQUARES, NMS_IOU, image))
                    .containsExactly(TinyDetectors.detection(300, 150, 1200, 1050, 0, 0.99f));
        }
    }

    @Test
    void anObjectAcrossABorderIsWholeWhereItFitsIntoTheOverlap() {
        // The tiles of 400 begin at 0, 320, ...: the square lies across the border at 400.
        try (BgrImage image = picture(3200, 400, List.of(new int[] {370, 100, 60}))) {
            assertThat(new Tiling(400, 0.2).detect(SQUARES, NMS_IOU, image))
                    .extracting(Detection::x1, Detection::x2)
                    .containsExactly(org.assertj.core.groups.Tuple.tuple(370f, 430f));
        }
    }

    @Test
    void categoriesDoNotSuppressEachOther() {
        Function<BgrImage, List<Detection>> two =
                image ->
                        List.of(
                                TinyDetectors.detection(40, 40, 60, 60, 0, 0.9f),
                                TinyDetectors.detection(40, 40, 60, 60, 1, 0.8f));
        try (BgrImage image = picture(100, 100, List.of())) {
            // Four tiles see something at four places, the whole image at the first.
            assertThat(new Tiling(64, 0.2).detect(two, NMS_IOU, image))
                    .hasSize(8)
                    .extracting(Detection::score)
                    .isSortedAccordingTo(java.util.Comparator.reverseOrder());
        }
    }

    @Test
    void tilesCoverTheImageAndShareWhatTheyShould() {
        assertThat(new Tiling(640, 0.2).starts(1920)).containsExactly(0, 512, 1024, 1280);
        assertThat(new Tiling(640, 0).starts(1280)).containsExactly(0, 640);
        assertThat(new Tiling(640, 0.5).starts(640)).containsExactly(0);
        assertThat(new Tiling(640, 0.5).starts(10)).containsExactly(0);
        assertThat(new Tiling(100, 0.9).starts(111)).containsExactly(0, 10, 11);
    }

    @Test
    void sizesThatCanNotBeAreRefused() {
        assertThatThrownBy(() -> new Tiling(31, 0.2)).hasMessageContaining("32");
        assertThatThrownBy(() -> new Tiling(640, 0.91)).hasMessageContaining("0.9");
        assertThatThrownBy(() -> new Tiling(640, Double.NaN)).hasMessageContaining("NaN");
    }
}
