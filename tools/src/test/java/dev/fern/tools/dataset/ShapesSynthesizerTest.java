package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoProblem.Severity;
import dev.fern.cocoeval.CocoValidator;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShapesSynthesizerTest {

    @TempDir Path folder;

    @Test
    void theDataSetIsSound() throws IOException {
        new ShapesSynthesizer(160, 120, 3).write(folder, Split.TRAIN, 30);

        Path annotations = folder.resolve("annotations/instances_train.json");
        assertThat(CocoValidator.check(annotations))
                .filteredOn(CocoProblem::severity, Severity.ERROR)
                .isEmpty();
        CocoDataset dataset = CocoDataset.read(annotations);
        assertThat(dataset.images()).hasSize(30);
        assertThat(dataset.categories())
                .extracting("name")
                .containsExactly("ellipse", "rectangle", "triangle", "star", "cross");
        assertThat(
                        new ImageFileCheck(
                                        new ImageFolder(folder.resolve("train")),
                                        ImageReader.standard(),
                                        true)
                                .check(dataset, () -> {})
                                .problems())
                .isEmpty();
    }

    @Test
    void picturesTakeAsManySizesAsWanted() throws IOException {
        CocoDataset dataset =
                new ShapesSynthesizer(160, 120, 7, new IntRange(0, 3), Optional.empty(), 3)
                        .write(folder, Split.TRAIN, 15);

        assertThat(dataset.images().stream().map(i -> i.width() + "x" + i.height()).distinct())
                .hasSize(7)
                .startsWith("160x120");
        assertThat(
                        new ImageFileCheck(
                                        new ImageFolder(folder.resolve("train")),
                                        ImageReader.standard(),
                                        true)
                                .check(dataset, () -> {})
                                .problems())
                .isEmpty();
        assertThatThrownBy(
                        () ->
                                new ShapesSynthesizer(
                                        64, 64, 9999, new IntRange(1, 2), Optional.empty(), 3))
                .hasMessageContaining("don't have 9999 different sizes");
    }

    @Test
    void theSeedDecidesEveryByte() throws IOException {
        new ShapesSynthesizer(128, 96, 5).write(folder.resolve("a"), Split.VAL, 4);
        new ShapesSynthesizer(128, 96, 5).write(folder.resolve("b"), Split.VAL, 4);
        new ShapesSynthesizer(128, 96, 6).write(folder.resolve("c"), Split.VAL, 4);

        assertThat(contents(folder.resolve("a"))).isEqualTo(contents(folder.resolve("b")));
        assertThat(contents(folder.resolve("a"))).isNotEqualTo(contents(folder.resolve("c")));
    }

    @Test
    void aLargerSplitBeginsWithASmallerOne() throws IOException {
        new ShapesSynthesizer(128, 96, 5).write(folder.resolve("a"), Split.TRAIN, 3);
        new ShapesSynthesizer(128, 96, 5).write(folder.resolve("b"), Split.TRAIN, 5);

        for (String name :
                new String[] {"train/000001.jpg", "train/000002.jpg", "train/000003.jpg"}) {
            assertThat(folder.resolve("a").resolve(name))
                    .hasSameBinaryContentAs(folder.resolve("b").resolve(name));
        }
    }

    @Test
    void theSplitsDiffer() throws IOException {
        ShapesSynthesizer synthesizer = new ShapesSynthesizer(128, 96, 5);
        synthesizer.write(folder, Split.TRAIN, 1);
        synthesizer.write(folder, Split.VAL, 1);

        assertThat(Files.readAllBytes(folder.resolve("train/000001.jpg")))
                .isNotEqualTo(Files.readAllBytes(folder.resolve("val/000001.jpg")));
    }

    @Test
    void sidesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new ShapesSynthesizer(63, 96, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ShapesSynthesizer(64, 4097, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Map<String, String> contents(Path root) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(
                        root.relativize(file).toString(),
                        Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }
}
