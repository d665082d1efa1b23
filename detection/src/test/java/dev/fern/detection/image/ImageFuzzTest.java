package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.files.FuzzCase;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;

/**
 * Whatever is in an image file, it is read or refused; {@code -Dfern.fuzz.images=6000} for more.
 */
class ImageFuzzTest {

    /** The file, its header, and what three bytes per pixel of these small pictures take. */
    private static final long MOST_BYTES = 8 << 20;

    private static final ImageReader READER = new ImageReader(1 << 20, ImageOrientation.UPRIGHT);

    @Test
    @Timeout(3600)
    void damagedImagesAreReadOrRefused() throws IOException {
        List<byte[]> whole = images();
        FuzzCase.all(
                "images",
                200,
                fuzz -> {
                    byte[] bytes = whole.get(fuzz.random().nextInt(whole.size()));
                    Path file = Files.write(fuzz.folder().resolve("image"), bytes);
                    fuzz.damage(file);
                    if (Files.isRegularFile(file) && fuzz.random().nextBoolean()) {
                        Files.write(file, withPngChecksums(Files.readAllBytes(file)));
                    }
                    fuzz.reads(() -> read(file), ImageReadException.class, MOST_BYTES);
                });
    }

    private static void read(Path file) throws IOException {
        ImageSize size = READER.size(file);
        try (BgrImage image = READER.read(file)) {
            assertThat(new ImageSize(image.width(), image.height())).isEqualTo(size);
        }
    }

    private static List<byte[]> images() throws IOException {
        List<byte[]> images = new ArrayList<>();
        BufferedImage picture = TestImages.random(40, 30, 4);
        for (String format : List.of("jpg", "png", "bmp", "gif", "tiff")) {
            images.add(TestImages.encode(picture, format));
        }
        images.add(DecodingEffortTest.progressive(3));
        images.add(DecodingEffortTest.tiff(48, 64, 32, 0, 7, DecodingEffortTest.progressive(3)));
        images.add(DecodingEffortTest.tiff(48, 64, 16, 16, 8, DecodingEffortTest.deflated(768)));
        try (BgrImage image = BgrImage.of(40, 30, new byte[3600])) {
            MatOfByte encoded = new MatOfByte();
            Imgcodecs.imencode(".webp", image.mat(), encoded);
            images.add(encoded.toArray());
        }
        return images;
    }

    /** Puts right the checksums of a PNG's chunks, so that the damage gets past them. */
    private static byte[] withPngChecksums(byte[] bytes) {
        ByteBuffer png = ByteBuffer.wrap(bytes);
        if (bytes.length > 8 && bytes[1] == 'P') {
            for (int at = 8; at <= bytes.length - 12; at += 12 + png.getInt(at)) {
                int length = png.getInt(at);
                if (length < 0 || length > bytes.length - at - 12) {
                    break;
                }
                CRC32 crc = new CRC32();
                crc.update(bytes, at + 4, 4 + length);
                png.putInt(at + 8 + length, (int) crc.getValue());
            }
        }
        return bytes;
    }
}
