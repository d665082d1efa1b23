package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.TestImages;
import dev.fern.detection.train.DataIdentity;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data sets whose files have an EXIF orientation: which way their boxes mean the pictures. */
class ExifDatasetTest {

    private static final BufferedImage SCENE = TestImages.random(40, 30, 7);

    @TempDir Path root;
    private CocoFolder folder;

    @BeforeEach
    void createFolder() throws IOException {
        folder = new CocoFolder(root);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void boxesOfTheUprightPictureGetTheUprightPixels(int orientation) throws IOException {
        turned("a.png", orientation);
        folder.entry(1, "a.png", 40, 30).box(1, 1, false, 20, 4, 20, 10);

        DetectionDataset dataset = dataset(ImageOrientation.AUTO);
        Sample sample = dataset.samples().get(0);
        assertThat(sample.size()).isEqualTo(new ImageSize(40, 30));
        assertThat(pixels(dataset)).isEqualTo(pixelsOf(SCENE));
        assertThat(dataset.orientations().total()).isEqualTo(orientation == 1 ? 0 : 1);
        assertThat(dataset.orientations().undecided())
                .isEqualTo(orientation >= 2 && orientation <= 4 ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, 7, 8})
    void sizesOfTheStoredPixelsGetThePixelsAsStored(int orientation) throws IOException {
        BufferedImage stored = turned("a.png", orientation);
        folder.entry(1, "a.png", 30, 40).box(1, 1, false, 4, 20, 10, 20);

        DetectionDataset dataset = dataset(ImageOrientation.AUTO);
        assertThat(pixels(dataset)).isEqualTo(pixelsOf(stored));
        assertThat(dataset.orientations()).isEqualTo(new Orientations(0, 1, 0));
    }

    @Test
    void boxesDecideWhereSizesAreMissing() throws IOException {
        for (int id = 1; id <= 3; id++) {
            turned(id + ".png", 6);
            folder.entry(id, id + ".png", 0, 0);
        }
        folder.box(1, 1, false, 25, 5, 14, 20) // upright only
                .box(2, 1, false, 5, 25, 20, 14) // stored only
                .box(3, 1, false, 5, 5, 10, 10);
        DetectionDataset dataset = dataset(ImageOrientation.AUTO);
        assertThat(dataset.samples())
                .extracting(Sample::size)
                .containsExactly(
                        new ImageSize(40, 30), new ImageSize(30, 40), new ImageSize(40, 30));
        assertThat(dataset.orientations()).isEqualTo(new Orientations(2, 1, 1));
    }

    /** Some exporters write the stored size beside boxes that were drawn on the upright picture. */
    @Test
    void boxesOverruleASizeThatMostOfThemLeave() throws IOException {
        turned("a.png", 6);
        turned("b.png", 6);
        folder.entry(1, "a.png", 30, 40)
                .box(1, 1, false, 25, 5, 14, 20)
                .box(1, 1, false, 20, 5, 15, 20)
                .box(1, 1, false, 1, 1, 5, 5);
        folder.entry(2, "b.png", 30, 40) // one box of three is no majority
                .box(2, 1, false, 25, 5, 14, 20)
                .box(2, 1, false, 2, 25, 15, 15)
                .box(2, 1, false, 1, 1, 5, 5);
        DetectionDataset dataset = dataset(ImageOrientation.AUTO);
        assertThat(dataset.samples())
                .extracting(Sample::size)
                .containsExactly(new ImageSize(40, 30), new ImageSize(30, 40));
        assertThat(pixels(dataset)).isEqualTo(pixelsOf(SCENE));
    }

    @Test
    void aWishOverrulesWhatFits() throws IOException {
        BufferedImage stored = turned("a.png", 3);
        folder.entry(1, "a.png", 40, 30);
        assertThat(pixels(dataset(ImageOrientation.STORED))).isEqualTo(pixelsOf(stored));
        assertThat(pixels(dataset(ImageOrientation.UPRIGHT))).isEqualTo(pixelsOf(SCENE));
        assertThat(dataset(ImageOrientation.UPRIGHT).orientations())
                .isEqualTo(new Orientations(1, 0, 0));

        turned("b.png", 6);
        folder.entry(2, "b.png", 40, 30);
        assertThatThrownBy(() -> dataset(ImageOrientation.STORED))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("30x40 pixels as stored and 40x30 upright")
                .hasMessageContaining("(image id 2)");
    }

    @Test
    void anotherSizeIsToldAtOnceOrSkipped() throws IOException {
        turned("a.png", 6);
        folder.entry(1, "a.png", 41, 30).image(2, "b.png", 20, 10);
        assertThatThrownBy(() -> dataset(ImageOrientation.AUTO))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("EXIF orientation 6")
                .hasMessageContaining("the annotations say 41x30");
        DetectionDataset left = folder.dataset(true);
        assertThat(left.samples()).extracting(Sample::imageId).containsExactly(2L);
        assertThat(left.badImages()).hasSize(1);
    }

    /** A training that took pixels as stored must not be resumed on upright ones. */
    @Test
    void theOrientationIsPartOfTheIdentityOfTheData() throws IOException {
        folder.image(1, "plain.png", 20, 10);
        assertThat(DataIdentity.Part.of(dataset(ImageOrientation.STORED)))
                .isEqualTo(DataIdentity.Part.of(dataset(ImageOrientation.AUTO)));
        turned("a.png", 3);
        folder.entry(2, "a.png", 40, 30);
        assertThat(DataIdentity.Part.of(dataset(ImageOrientation.STORED)))
                .isNotEqualTo(DataIdentity.Part.of(dataset(ImageOrientation.AUTO)));
    }

    /** Writes the scene, stored turned; returns what is stored. */
    private BufferedImage turned(String name, int orientation) throws IOException {
        return TestImages.writeTurned(folder.file(name), SCENE, orientation);
    }

    private DetectionDataset dataset(ImageOrientation orientation) throws IOException {
        return DetectionDataset.of(
                folder.coco(),
                new ImageFolder(folder.imageFolder()),
                new ImageReader(ImageReader.DEFAULT_MAX_PIXELS, orientation),
                false);
    }

    /** Returns what a data set's reader makes of its first image. */
    private static byte[] pixels(DetectionDataset dataset) throws IOException {
        Sample sample = dataset.samples().get(0);
        try (BgrImage image = dataset.reader().read(sample.path(), sample.size())) {
            return image.pixels();
        }
    }

    private byte[] pixelsOf(BufferedImage picture) throws IOException {
        Path file = Files.write(root.resolve("expected"), TestImages.encode(picture, "png"));
        try (BgrImage image = ImageReader.standard().read(file)) {
            return image.pixels();
        }
    }
}
