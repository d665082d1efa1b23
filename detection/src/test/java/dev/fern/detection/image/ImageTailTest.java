package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are cut: those that have lost no pixel are read, the others refused. */
class ImageTailTest {

    private static final BufferedImage PICTURE = TestImages.random(61, 45, 3);

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "jpg, 1", "jpg, 2", // of the end marker
        "png, 1", "png, 4", "png, 8", "png, 12", // of IEND
        "gif, 1"
    })
    void aLostEndMarkIsPutBack(String format, int lost) throws IOException {
        byte[] whole = TestImages.encode(PICTURE, format);
        byte[] cut = Arrays.copyOf(whole, whole.length - lost);
        assertThat(pixels(cut)).isEqualTo(pixels(whole));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif", "bmp", "tiff"})
    void zerosBehindTheEndAreNothing(String format) throws IOException {
        byte[] whole = TestImages.encode(PICTURE, format);
        assertThat(pixels(Arrays.copyOf(whole, whole.length + 5000))).isEqualTo(pixels(whole));
    }

    @ParameterizedTest
    @CsvSource({"jpg, 2", "png, 12"})
    void zerosInsteadOfTheEndAreNothing(String format, int lost) throws IOException {
        byte[] whole = TestImages.encode(PICTURE, format);
        byte[] padded = Arrays.copyOf(Arrays.copyOf(whole, whole.length - lost), 1 << 16);
        assertThat(pixels(padded)).isEqualTo(pixels(whole));
    }

    @Test
    void zerosInsteadOfPixelsAreALoss() throws IOException {
        byte[] whole = TestImages.encode(PICTURE, "jpg");
        for (int lost = 12; lost < whole.length / 3; lost += 7) {
            assertRefused(Arrays.copyOf(Arrays.copyOf(whole, whole.length - lost), 4096));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif", "bmp", "tiff"})
    void lostPixelsAreRefused(String format) throws IOException {
        byte[] whole = TestImages.encode(PICTURE, format);
        int least = format.equals("png") ? 17 : format.equals("tiff") ? 400 : 6;
        for (int lost = least; lost < whole.length / 2; lost += 1 + whole.length / 97) {
            assertRefused(Arrays.copyOf(whole, whole.length - lost));
        }
    }

    /** A progressive JPEG that is cut between two scans is whole but for some detail. */
    @Test
    void lostScansAreRefused() throws IOException {
        byte[] whole = DecodingEffortTest.progressive(4);
        int lastScan = 0;
        for (int i = 2; i + 1 < whole.length; i++) {
            if ((whole[i] & 0xff) == 0xff && (whole[i + 1] & 0xff) == 0xda) {
                lastScan = i;
            }
        }
        assertRefused(Arrays.copyOf(whole, lastScan));
    }

    @Test
    void textThatIsCutBehindThePixelsOfAPngIsLeftOut() throws IOException {
        byte[] whole = TestImages.encode(PICTURE, "png");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(whole, 0, whole.length - 12);
        out.writeBytes(new byte[] {0, 0, 1, 0});
        out.writeBytes("tEXtComment\0cut".getBytes(StandardCharsets.US_ASCII));
        assertThat(pixels(out.toByteArray())).isEqualTo(pixels(whole));
    }

    @ParameterizedTest
    @CsvSource({
        "....ftypheic....mif1, HEIC",
        "....ftypmif1....heic, HEIF",
        "....ftypavif....mif1, AVIF",
        "8BPS.., Photoshop",
        "%PDF-1.7, PDF"
    })
    void formatsThatAreNotReadAreNamed(String start, String name) throws IOException {
        assertThatThrownBy(
                        () ->
                                ImageReader.standard()
                                        .size(
                                                Files.writeString(
                                                        folder.resolve("x"), start + "........")))
                .isInstanceOf(ImageReadException.class)
                .hasMessageEndingWith(name + ", which is not read; save it as a JPEG or PNG first");
    }

    private byte[] pixels(byte[] bytes) throws IOException {
        try (BgrImage image =
                ImageReader.standard().read(Files.write(folder.resolve("picture"), bytes))) {
            return image.pixels();
        }
    }

    private void assertRefused(byte[] bytes) {
        assertThatThrownBy(() -> pixels(bytes))
                .as("%d bytes", bytes.length)
                .isInstanceOf(ImageReadException.class)
                .hasMessageMatching("(?s).*(truncated|damaged).*");
    }
}
