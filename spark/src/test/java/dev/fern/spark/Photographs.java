package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/**
 * Annotated photographs with a small model of their categories.
 *
 * @param annotations COCO instances file
 * @param images folder
 * @param model directory
 */
record Photographs(Path annotations, Path images, Path model) {

    static final Path DATA = Path.of(System.getProperty("fern.shared", "../shared"), "data");

    /** Returns a part of a data set; the test is skipped where it is absent. */
    static Photographs of(String data, String split, Path folder) throws IOException {
        Path root = DATA.resolve(data);
        assumeTrue(Files.isDirectory(root), root + " is missing");
        Path annotations = root.resolve("annotations/instances_" + split + ".json");
        Path model = folder.resolve("model-" + data);
        if (!Files.exists(model)) {
            SparkFixture.writeModel(model, CocoDataset.read(annotations).categories(), 4);
        }
        Path images = root.resolve(split);
        return new Photographs(
                annotations, Files.isDirectory(images) ? images : root.resolve("images"), model);
    }

    Photographs in(Path other) {
        return new Photographs(annotations, other, model);
    }

    List<Path> files() throws IOException {
        return CocoDataset.read(annotations).images().stream()
                .map(image -> images.resolve(image.fileName()))
                .toList();
    }

    /** Evaluates as {@code fern evaluate} does, images that can't be used left out. */
    DetectorEvaluation onOneMachine(Consumer<String> leftOut)
            throws IOException, InterruptedException {
        LabelledImages labelled =
                LabelledImages.open(
                        AnnotatedFolder.read(annotations, images), ImageReader.standard(), true, 0);
        labelled.images().badImages().forEach(bad -> leftOut.accept(bad.getMessage()));
        try (Detector detector = Detector.load(model)) {
            return DetectorEvaluation.of(
                    detector,
                    labelled,
                    Optional.of(MatchedCategories.of(detector, labelled).match()),
                    new DetectorEvaluation.Options(1, new LoaderOptions(2, 4, true)),
                    done -> {},
                    bad -> bad.forEach(image -> leftOut.accept(image.getMessage())),
                    results -> {});
        }
    }

    DetectorEvaluation onSpark(
            SparkSession spark,
            int partitions,
            int batchSize,
            boolean skipBadImages,
            Consumer<List<String>> leftOut)
            throws IOException {
        CocoDataset coco = CocoDataset.read(annotations);
        SparkDetection detection =
                SparkDetection.builder(spark, model.toString()).optBatchSize(batchSize).load();
        return SparkEvaluation.of(
                detection,
                coco,
                images.toString(),
                Optional.of(
                        CategoryMatch.of(
                                detection.configuration().categories(), coco.categories())),
                new SparkEvaluation.Options(
                        EvaluationParameters.defaults(), skipBadImages, partitions),
                done -> {},
                leftOut,
                results -> {});
    }

    /** Requires of Spark every detection, every number and every error of one machine. */
    void requireSameNumbers(SparkSession spark, int partitions, int batchSize)
            throws IOException, InterruptedException {
        List<String> errors = new ArrayList<>();
        DetectorEvaluation alone = onOneMachine(errors::add);
        List<String> told = new ArrayList<>();
        DetectorEvaluation together = onSpark(spark, partitions, batchSize, true, told::addAll);
        assertThat(told).containsExactlyInAnyOrderElementsOf(errors);
        assertThat(alone.results().size()).isGreaterThan(1000);
        assertThat(together.results().detections()).isEqualTo(alone.results().detections());
        assertThat(together.numbers()).isEqualTo(alone.numbers());
        assertThat(together.evaluation().precision()).isEqualTo(alone.evaluation().precision());
        assertThat(alone.numbers().get("AR100")).isGreaterThan(0);
    }
}
