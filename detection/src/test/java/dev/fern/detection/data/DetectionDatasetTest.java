package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DetectionDatasetTest {

    @TempDir Path root;
    private CocoFolder folder;

    @BeforeEach
    void createFolder() throws IOException {
        folder = new CocoFolder(root);
    }

    @Test
    void labelsAreThePositionsOfRisingCategoryIds() throws IOException {
        folder.categories(
                        List.of(
                                Map.of("id", 90, "name", "clock"),
                                Map.of("id", 3, "name", "car"),
                                Map.of("id", 17, "name", "cat")))
                .image(1, "a.png", 20, 10)
                .box(1, 90, false, 0, 0, 2, 2)
                .box(1, 3, false, 1, 2, 3, 4)
                .box(1, 17, false, 0, 0, 4, 4);

        DetectionDataset dataset = folder.dataset(false);

        assertThat(dataset.categories()).extracting(CocoCategory::id).containsExactly(3L, 17L, 90L);
        Sample sample = dataset.samples().get(0);
        assertThat(sample.labels()).containsExactly(2, 0, 1);
        assertThat(sample.boxes()).containsExactly(0, 0, 2, 2, 1, 2, 4, 6, 0, 0, 4, 4);
        assertThat(sample.size()).isEqualTo(new ImageSize(20, 10));
        assertThat(sample.path()).isEqualTo(folder.file("a.png"));
    }

    @Test
    void crowdsAreCountedAndNeverTargets() throws IOException {
        folder.image(1, "a.png", 20, 10).box(1, 1, true, 0, 0, 10, 10).box(1, 2, false, 0, 0, 4, 4);
        DetectionDataset dataset = folder.dataset(false);
        assertThat(dataset.samples().get(0).labels()).containsExactly(1);
        assertThat(dataset.crowds()).isEqualTo(1);
    }

    @Test
    void imagesWithoutBoxesStay() throws IOException {
        folder.image(1, "a.png", 20, 10).image(2, "b.png", 20, 10).box(2, 1, false, 0, 0, 4, 4);
        DetectionDataset dataset = folder.dataset(false);
        assertThat(dataset.samples()).extracting(Sample::imageId).containsExactly(1L, 2L);
        assertThat(dataset.samples().get(0).boxes()).isEmpty();
    }

    @Test
    void boxesAreClippedAndThoseWithoutAreaDroppedAndCounted() throws IOException {
        folder.image(1, "a.png", 20, 10)
                .box(1, 1, false, -5, 4, 10, 20)
                .box(1, 1, false, 3, 3, 0, 5)
                .box(1, 1, false, 30, 3, 5, 5);
        DetectionDataset dataset = folder.dataset(false);
        assertThat(dataset.samples().get(0).boxes()).containsExactly(0, 4, 5, 10);
        assertThat(dataset.emptyBoxes()).isEqualTo(2);
    }

    @Test
    void missingAndEmptyFilesAreNamedOrSkipped() throws IOException {
        folder.image(1, "a.png", 20, 10)
                .entry(2, "gone.png", 20, 10)
                .entry(3, "empty.png", 20, 10)
                .entry(4, "gone2.png", 20, 10);
        Files.createFile(folder.file("empty.png"));

        assertThatThrownBy(() -> folder.dataset(false))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("gone.png: no such file (image id 2)")
                .hasMessageContaining("2 more");
        DetectionDataset dataset = folder.dataset(true);
        assertThat(dataset.samples()).extracting(Sample::imageId).containsExactly(1L);
        assertThat(dataset.badImages()).hasSize(3);
    }

    @Test
    void aLimitDoesNotAskForFilesBeyondIt() throws IOException {
        folder.image(1, "a.png", 20, 10)
                .image(2, "b.png", 20, 10)
                .entry(3, "gone.png", 20, 10)
                .box(1, 1, false, 1, 1, 4, 4)
                .box(3, 1, true, 1, 1, 4, 4);
        DetectionDataset first =
                DetectionDataset.of(
                        new AnnotatedFolder(
                                folder.coco(),
                                folder.file("instances.json"),
                                new ImageFolder(folder.imageFolder())),
                        ImageReader.standard(),
                        false,
                        2);
        assertThat(first.samples()).extracting(Sample::imageId).containsExactly(1L, 2L);
        assertThat(first.badImages()).isEmpty();
        // A run that was begun when the limit was taken afterwards knows its data by this sum.
        assertThat(first.crowds()).isEqualTo(1);
    }

    @Test
    void climbingNamesAreRefusedEvenIfBadImagesAreSkipped() throws IOException {
        TestImages.write(root.resolve("secret.png"), 20, 10, 1);
        folder.entry(1, "../secret.png", 20, 10);
        assertThatThrownBy(() -> folder.dataset(true))
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining("../secret.png")
                .hasMessageContaining("image id 1");
    }

    @Test
    void sizeThatTheAnnotationsLackIsReadFromTheFile() throws IOException {
        TestImages.write(folder.file("a.png"), 20, 10, 1);
        CocoDataset coco =
                CocoDataset.read(
                        Files.writeString(
                                root.resolve("bare.json"),
                                "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}],"
                                        + " \"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"cell\"}]}"));
        DetectionDataset dataset =
                DetectionDataset.of(
                        coco, new ImageFolder(folder.imageFolder()), ImageReader.standard(), false);
        assertThat(dataset.samples().get(0).size()).isEqualTo(new ImageSize(20, 10));
    }

    @Test
    void unknownCategoryIsNamed() throws IOException {
        TestImages.write(folder.file("a.png"), 20, 10, 1);
        CocoDataset coco =
                CocoDataset.of(
                        List.of(new CocoImage(1, "a.png", 20, 10)),
                        List.of(new CocoCategory(1, "cell", "")),
                        List.of(new CocoAnnotation(5, 1, 2, new Box(0, 0, 4, 4), 16, false)));
        assertThatThrownBy(
                        () ->
                                DetectionDataset.of(
                                        coco,
                                        new ImageFolder(folder.imageFolder()),
                                        ImageReader.standard(),
                                        false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("annotation 5: no category has the id 2");
    }

    @Test
    void subsetTakesTheFirstImages() throws IOException {
        folder.image(5, "a.png", 20, 10).image(2, "b.png", 20, 10).image(9, "c.png", 20, 10);
        DetectionDataset dataset = folder.dataset(false);
        assertThat(dataset.subset(2).samples()).extracting(Sample::imageId).containsExactly(5L, 2L);
        assertThat(dataset.subset(7).samples()).hasSize(3);
    }

    @Test
    void plainFilesMakeADataSetWithoutTargets() throws IOException {
        Path first = TestImages.write(folder.file("z.jpg"), 30, 20, 1);
        Path text = Files.writeString(folder.file("notes.txt"), "no picture");
        Path second = TestImages.write(folder.file("a.png"), 10, 20, 2);
        List<Path> files = List.of(first, text, second);

        assertThatThrownBy(() -> DetectionDataset.unlabelled(files, ImageReader.standard(), false))
                .hasMessageContaining("notes.txt: not an image");
        DetectionDataset dataset = DetectionDataset.unlabelled(files, ImageReader.standard(), true);
        assertThat(dataset.samples()).extracting(Sample::imageId).containsExactly(1L, 3L);
        assertThat(dataset.samples().get(1).size()).isEqualTo(new ImageSize(10, 20));
    }
}
