package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassificationDatasetTest {

    private static final ImageReader READER = ImageReader.standard();

    @TempDir Path root;

    private Path image(String name) throws IOException {
        return TestImages.write(root.resolve(name), 12, 8, name.hashCode());
    }

    private ClassificationDataset open() throws IOException {
        return ClassificationDataset.open(root, READER, false);
    }

    private List<String> names(ClassificationDataset dataset) {
        return dataset.samples().stream()
                .map(
                        sample ->
                                dataset.label(sample.imageId())
                                        + " "
                                        + root.relativize(sample.path()))
                .toList();
    }

    @Test
    void subFoldersAreClassesSortedByNameWithAllImagesBelowThem() throws IOException {
        image("zebra/1.png");
        image("ant/deep/er/2.jpg");
        image("ant/b.png");
        image("cat/a.png");
        ClassificationDataset dataset = open();
        assertThat(dataset.classes()).containsExactly("ant", "cat", "zebra");
        assertThat(names(dataset))
                .containsExactly(
                        "0 ant/b.png", "0 ant/deep/er/2.jpg", "1 cat/a.png", "2 zebra/1.png");
        assertThat(dataset.samples()).extracting(Sample::imageId).containsExactly(1L, 2L, 3L, 4L);
        assertThat(dataset.samples().get(0).size()).isEqualTo(new ImageSize(12, 8));
    }

    @Test
    void hiddenFilesAndWhatHasNoImagesNameArePassedOver() throws IOException {
        image("a/1.png");
        image("a/.2.png");
        image("a/.thumbs/3.png");
        image(".b/4.png");
        image("c/5.png");
        image("loose.png");
        Files.writeString(root.resolve("a/notes.txt"), "no image");
        ClassificationDataset dataset = open();
        assertThat(dataset.classes()).containsExactly("a", "c");
        assertThat(names(dataset)).containsExactly("0 a/1.png", "1 c/5.png");
    }

    @Test
    void aClassWithoutImagesIsToldAndIsNone() throws IOException {
        image("a/1.png");
        Files.createDirectories(root.resolve("b/deep"));
        image("c/2.png");
        ClassificationDataset dataset = open();
        assertThat(dataset.classes()).containsExactly("a", "c");
        assertThat(dataset.emptyClasses()).containsExactly("b");
        assertThat(names(dataset)).containsExactly("0 a/1.png", "1 c/2.png");
    }

    @Test
    void theFirstBadImageIsNamedAndTheOthersCounted() throws IOException {
        image("a/1.png");
        Files.writeString(root.resolve("a/2.png"), "not a picture");
        Files.writeString(root.resolve("a/3.jpg"), "");
        assertThatThrownBy(this::open)
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining(root.resolve("a/2.png").toString())
                .hasMessageContaining("not an image")
                .hasMessageContaining("1 more");
        ClassificationDataset rest = ClassificationDataset.open(root, READER, true);
        assertThat(names(rest)).containsExactly("0 a/1.png");
        assertThat(rest.badImages()).hasSize(2);
    }

    @Test
    void aFolderWithoutClassesOrImagesIsRefused() throws IOException {
        assertThatThrownBy(() -> ClassificationDataset.open(root.resolve("none"), READER, false))
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("no such image folder");
        assertThatThrownBy(this::open).hasMessageContaining("no sub-folders");
        Files.createDirectories(root.resolve("a"));
        assertThatThrownBy(this::open).hasMessageContaining("no usable image");
    }

    @Test
    void linksAreFollowedButNotInCircles(@TempDir Path elsewhere) throws IOException {
        image("a/1.png");
        TestImages.write(elsewhere.resolve("x.png"), 5, 5, 1);
        Files.createSymbolicLink(root.resolve("b"), elsewhere);
        assertThat(names(open())).containsExactly("0 a/1.png", "1 b/x.png");

        Files.createSymbolicLink(root.resolve("a/up"), root);
        assertThatThrownBy(this::open)
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("a link to a folder that it lies in");
    }

    @Test
    void aLinkToNothingIsABadImage() throws IOException {
        image("a/1.png");
        Files.createSymbolicLink(root.resolve("a/2.png"), root.resolve("gone.png"));
        assertThatThrownBy(this::open)
                .isInstanceOf(ImageReadException.class)
                .hasMessageContaining("2.png");
    }

    @Test
    void aSplitHoldsThePartOfEachClassOutAndLosesNone() throws IOException {
        for (int i = 0; i < 10; i++) {
            image("a/" + i + ".png");
        }
        for (int i = 0; i < 4; i++) {
            image("b/" + i + ".png");
        }
        image("c/only.png");
        ClassificationDataset all = open();
        ClassificationDataset.Split split = all.split(0.3, 7);
        assertThat(split.validation().samples())
                .extracting(sample -> all.label(sample.imageId()))
                .containsExactly(0, 0, 0, 1);
        assertThat(names(split.training()))
                .hasSize(11)
                .doesNotContainAnyElementsOf(names(split.validation()));
        assertThat(split.training().classes()).isEqualTo(all.classes());
        assertThat(names(all.split(0.3, 7).validation())).isEqualTo(names(split.validation()));
        assertThat(names(all.split(0.3, 8).validation())).isNotEqualTo(names(split.validation()));
        assertThat(all.split(0.99, 1).training().samples())
                .extracting(sample -> all.label(sample.imageId()))
                .containsExactly(0, 1, 2);
    }

    @Test
    void anotherFolderTakesTheLabelsOfTheTraining() throws IOException {
        image("b/1.png");
        image("d/2.png");
        ClassificationDataset other = open().labelledAs(List.of("a", "b", "c", "d"));
        assertThat(names(other)).containsExactly("1 b/1.png", "3 d/2.png");
        assertThat(other.classes()).containsExactly("a", "b", "c", "d");
        assertThatThrownBy(() -> open().labelledAs(List.of("a", "b")))
                .isInstanceOf(IOException.class)
                .hasMessage(root.resolve("d") + ": the training images have no class of this name");
    }
}
