package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BgrImageTest {

    @TempDir Path folder;

    @Test
    void aThumbnailIsAJpegOfTheSameShapeAndColourAndNeverLarger() throws IOException {
        byte[] gray = new byte[90 * 40 * 3];
        Arrays.fill(gray, (byte) 100);
        try (BgrImage image = BgrImage.of(90, 40, gray)) {
            assertSize(image.thumbnail(45, 80), 45, 20);
            assertSize(image.thumbnail(500, 80), 90, 40);
        }
        try (BgrImage line = BgrImage.of(90, 1, new byte[90 * 3])) {
            assertSize(line.thumbnail(30, 80), 30, 1);
        }
    }

    private void assertSize(byte[] jpeg, int width, int height) throws IOException {
        Path file = Files.write(folder.resolve("small.jpg"), jpeg);
        try (BgrImage small = ImageReader.standard().read(file)) {
            assertThat(small.width()).isEqualTo(width);
            assertThat(small.height()).isEqualTo(height);
            assertThat(small.pixels()[0]).isIn((byte) 100, (byte) 0);
        }
    }
}
