package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColorChangeTest {

    @Test
    void brightnessIsAFactorThatSaturates() {
        assertThat(change(new ColorChange(1.5, 1, 1, 0), 100, 20, 200))
                .containsExactly(150, 30, 255);
    }

    @Test
    void contrastStretchesAboutTheMeanGray() {
        // Two gray pixels of 60 and 140: mean 100, doubled distances.
        assertThat(change(new ColorChange(1, 2, 1, 0), 60, 60, 60, 140, 140, 140))
                .containsExactly(20, 20, 20, 180, 180, 180);
    }

    @Test
    void withoutSaturationAllChannelsAreTheBrightestOne() {
        assertThat(change(new ColorChange(1, 1, 0, 0), 30, 90, 120)).containsExactly(120, 120, 120);
    }

    @Test
    void hueTurnsRedToGreen() {
        assertThat(change(new ColorChange(1, 1, 1, 120), 0, 0, 255)).containsExactly(0, 255, 0);
        assertThat(change(new ColorChange(1, 1, 1, -120), 0, 0, 255)).containsExactly(255, 0, 0);
    }

    @Test
    void noChangeLeavesEveryByte() {
        assertThat(change(ColorChange.NONE, 1, 2, 3, 4, 5, 6)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    private static int[] change(ColorChange change, int... bgr) {
        byte[] bytes = new byte[bgr.length];
        for (int i = 0; i < bgr.length; i++) {
            bytes[i] = (byte) bgr[i];
        }
        try (BgrImage image = BgrImage.of(bgr.length / 3, 1, bytes);
                BgrImage changed = change.applyTo(image)) {
            assertThat(image.pixels()).isEqualTo(bytes);
            byte[] pixels = changed.pixels();
            int[] values = new int[pixels.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = pixels[i] & 0xff;
            }
            return values;
        }
    }
}
