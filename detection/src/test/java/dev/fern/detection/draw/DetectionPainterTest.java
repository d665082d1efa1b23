package dev.fern.detection.draw;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.detection.image.BgrImage;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DetectionPainterTest {

    @TempDir Path folder;

    private final DetectionPainter painter = new DetectionPainter();

    @Test
    void boxIsDrawnInItsCategorysColourWhereItIs() throws IOException {
        BufferedImage picture = paint(200, 100, List.of(new LabelledBox(20, 30, 80, 70, 4, "")));
        int color = DetectionPainter.color(4).getRGB();
        for (int[] on : new int[][] {{20, 30}, {80, 30}, {20, 70}, {80, 70}, {50, 30}, {20, 50}}) {
            assertThat(picture.getRGB(on[0], on[1])).isEqualTo(color);
        }
        assertThat(picture.getRGB(50, 50)).isEqualTo(Color.GRAY.getRGB());
        assertThat(picture.getRGB(18, 50)).isEqualTo(Color.GRAY.getRGB());
    }

    @Test
    void labelsOfBoxesAtEveryEdgeStayWithinThePicture() throws IOException {
        // Outside the margin where the box itself lies, the label's colour must show up complete:
        // with equal text, every label covers as many pixels.
        int expected = labelPixels(new LabelledBox(100, 100, 101, 101, 0, "RBC 0.93"));
        float[][] corners = {{0, 0}, {299, 0}, {0, 299}, {299, 299}, {-50, 150}, {350, 400}};
        for (float[] corner : corners) {
            LabelledBox box =
                    new LabelledBox(corner[0], corner[1], corner[0], corner[1], 0, "RBC 0.93");
            assertThat(labelPixels(box))
                    .isCloseTo(expected, org.assertj.core.data.Offset.offset(9));
        }
    }

    private int labelPixels(LabelledBox box) throws IOException {
        BufferedImage picture = paint(300, 300, List.of(box));
        int count = 0;
        for (int i = 0; i < 300 * 300; i++) {
            if (picture.getRGB(i % 300, i / 300) != Color.GRAY.getRGB()) {
                count++;
            }
        }
        return count;
    }

    @Test
    void labelsOfCrowdedBoxesDoNotCoverEachOther() throws IOException {
        // A category each: the area that every colour keeps shows whether its label lies free.
        LabelledBox first = new LabelledBox(100, 100, 140, 140, 0, "A 0.99");
        LabelledBox second = new LabelledBox(103, 102, 143, 142, 1, "B 0.98");
        BufferedImage picture = paint(300, 300, List.of(first, second));
        int alone = count(paint(300, 300, List.of(first)), 0);
        assertThat(count(picture, 0)).isGreaterThan(alone * 9 / 10);
        assertThat(count(picture, 1)).isGreaterThan(alone * 8 / 10);
    }

    private static int count(BufferedImage picture, int category) {
        int count = 0;
        for (int i = 0; i < picture.getWidth() * picture.getHeight(); i++) {
            if (picture.getRGB(i % picture.getWidth(), i / picture.getWidth())
                    == DetectionPainter.color(category).getRGB()) {
                count++;
            }
        }
        return count;
    }

    @Test
    void coloursOfEightyCategoriesDiffer() {
        List<Color> seen = new ArrayList<>();
        for (int category = 0; category < 80; category++) {
            Color color = DetectionPainter.color(category);
            for (Color other : seen) {
                int distance =
                        Math.abs(color.getRed() - other.getRed())
                                + Math.abs(color.getGreen() - other.getGreen())
                                + Math.abs(color.getBlue() - other.getBlue());
                assertThat(distance)
                        .as("category %d", category)
                        .isGreaterThan(seen.size() < 12 ? 60 : 5);
            }
            seen.add(color);
        }
    }

    @Test
    void labelsInOtherScriptsAreWritten() throws IOException {
        assumeTrue(painter.canWrite("\u042d\u0440\u0438\u0442\u0440\u043e\u0446\u0438\u0442"));
        BufferedImage cyrillic = paint(200, 100, List.of(box("\u042d\u0440\u0438 0.5")));
        assertThat(pixels(cyrillic))
                .isNotEqualTo(pixels(paint(200, 100, List.of(box("??? 0.5")))))
                .isNotEqualTo(pixels(paint(200, 100, List.of(box("\u0434\u0436\u044f 0.5")))));
        assertThat(pixels(paint(200, 100, List.of(box("caf\u00e9")))))
                .isNotEqualTo(pixels(paint(200, 100, List.of(box("cafe")))));
    }

    private static LabelledBox box(String label) {
        return new LabelledBox(20, 40, 120, 80, 1, label);
    }

    private static int[] pixels(BufferedImage picture) {
        return picture.getRGB(
                0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth());
    }

    @Test
    void aCharacterThatNoFontHasIsAQuestionMark() throws IOException {
        String unknown = "\uf8ff\udbff\udffd"; // for private use
        assumeTrue(!painter.canWrite(unknown));
        assertThat(pixels(paint(200, 100, List.of(box(unknown)))))
                .isEqualTo(pixels(paint(200, 100, List.of(box("??")))));
    }

    @Test
    void everyLabelCanBeReadOnItsGround() {
        for (int category = 0; category < 80; category++) {
            Color ground = DetectionPainter.color(category);
            double dark = contrast(ground, Color.BLACK);
            double light = contrast(ground, Color.WHITE);
            assertThat(contrast(ground, DetectionPainter.ink(ground)))
                    .isEqualTo(Math.max(dark, light))
                    .isGreaterThan(4.5); // WCAG 2.1, level AA
        }
    }

    /** The contrast ratio of WCAG 2.1. */
    private static double contrast(Color a, Color b) {
        double lighter = Math.max(luminance(a), luminance(b));
        double darker = Math.min(luminance(a), luminance(b));
        return (lighter + 0.05) / (darker + 0.05);
    }

    private static double luminance(Color color) {
        double sum = 0;
        double[] weights = {0.2126, 0.7152, 0.0722};
        for (int i = 0; i < 3; i++) {
            double c = color.getRGBColorComponents(null)[i];
            sum += weights[i] * (c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    @Test
    void aMachineWithoutFontsWritesAscii() throws IOException {
        DetectionPainter poor = new DetectionPainter(new StrokeLettering());
        assertThat(poor.hasFonts()).isFalse();
        assertThat(poor.canWrite("RBC 0.93")).isTrue();
        assertThat(poor.canWrite("caf\u00e9")).isFalse();
        byte[] gray = new byte[200 * 100 * 3];
        try (BgrImage image = BgrImage.of(200, 100, gray)) {
            poor.paint(image, List.of(box("caf\u00e9 0.93")));
            assertThat(image.pixels()).isNotEqualTo(gray);
        }
    }

    @Test
    void aLabelLongerThanThePictureIsShortenedAndOneThatIsHigherLeftOut() throws IOException {
        for (Lettering lettering : List.of(new StrokeLettering(), letters())) {
            DetectionPainter any = new DetectionPainter(lettering);
            for (int[] size : new int[][] {{300, 40}, {40, 300}, {5, 5}, {1, 1}}) {
                try (BgrImage image =
                        BgrImage.of(size[0], size[1], new byte[3 * size[0] * size[1]])) {
                    any.paint(image, List.of(new LabelledBox(0, 0, 3, 3, 0, "long ".repeat(99))));
                }
            }
        }
    }

    private static Lettering letters() {
        return FontLettering.find().orElseGet(StrokeLettering::new);
    }

    @Test
    void nothingIsLeftBehindWhenWritingFails() throws IOException {
        Path occupied = Files.createDirectories(folder.resolve("taken.png/inside"));
        try (BgrImage image = BgrImage.of(1, 1, new byte[3])) {
            assertThatThrownBy(() -> image.write(occupied.getParent()))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> image.write(folder.resolve("absent/a.png")))
                    .isInstanceOf(IOException.class);
        }
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(occupied.getParent());
        }
    }

    private BufferedImage paint(int width, int height, List<LabelledBox> boxes) throws IOException {
        byte[] gray = new byte[width * height * 3];
        java.util.Arrays.fill(gray, (byte) 128);
        Path path = folder.resolve("painted.png");
        try (BgrImage image = BgrImage.of(width, height, gray)) {
            painter.paint(image, boxes);
            image.write(path);
        }
        return ImageIO.read(path.toFile());
    }
}
