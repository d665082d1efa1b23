package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as other programs write them, which pycocotools refuses or takes for something else. */
class LenientReadingTest {
    private static final String TRUTH =
            """
            {"images": [{"id": 1, "file_name": "a/one.jpg", "width": 640, "height": 480},
                        {"id": 2, "file_name": "two.jpg", "width": 640, "height": 480}],
             "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
             "annotations": [
              {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50], "area": 2500,
               "iscrowd": 0},
              {"id": 2, "image_id": 2, "category_id": 2, "bbox": [90, 0, 60, 60], "area": 3600,
               "iscrowd": 0}]}
            """;
    private static final String DETECTIONS =
            """
            [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50], "score": 0.9},
             {"image_id": 2, "category_id": 2, "bbox": [90, 0, 60, 60], "score": 0.8}]
            """;

    @TempDir Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private CocoDataset lenient(String truth) throws IOException {
        return CocoDataset.readLeniently(file("gt.json", truth));
    }

    private void assertPerfect(String truth, String detections) throws IOException {
        CocoDataset dataset = lenient(truth);
        CocoResults results = CocoResults.readLeniently(file("dt.json", detections), dataset);
        assertThat(CocoEvaluator.evaluate(dataset, results).stat(CocoMetric.AP))
                .isCloseTo(1, within(1e-12));
    }

    private double strictly(String truth, String detections) throws IOException {
        return CocoEvaluator.evaluate(
                        CocoDataset.readForEvaluation(file("gt.json", truth)),
                        CocoResults.read(file("dt.json", detections)))
                .stat(CocoMetric.AP);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            , "iscrowd": 0        |
            "iscrowd": 0          | "iscrowd": null
            "area": 2500,         |
            "area": 3600,         | "area": null,
            """)
    void missingFieldsAreRefusedWithTheOptionAndTakenLeniently(String given, String left)
            throws IOException {
        String truth = TRUTH.replaceAll("\\s+", " ").replace(given, left == null ? "" : left);
        assertThat(truth).isNotEqualTo(TRUTH.replaceAll("\\s+", " "));
        if (left == null) {
            assertThatThrownBy(() -> strictly(truth, DETECTIONS))
                    .isInstanceOf(CocoFormatException.class)
                    .hasMessageContaining("pycocotools refuses; --lenient");
        }
        assertPerfect(truth, DETECTIONS);
        assertThat(CocoDataset.read(folder.resolve("gt.json")).annotations().get(0))
                .isEqualTo(new CocoAnnotation(1, 1, 1, new Box(0, 0, 50, 50), 2500, false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            "iscrowd": 0          | "iscrowd": null       | has no iscrowd, which
            "area": 2500,         | "area": null,         | has no area, which
            "bbox": [0, 0, 50, 50]| "segmentation": [[0, 0, 50, 0, 50, 50, 0, 50]]| has no bbox, which
            "id": 2, "image_id"   | "id": "b", "image_id" | b is not a number, which
            """)
    void whatPycocotoolsRefusesIsToldWithTheOptionThatTakesIt(
            String given, String instead, String message) throws IOException {
        String truth = TRUTH.replaceAll("\\s+", " ").replace(given, instead);

        assertThatThrownBy(() -> strictly(truth, DETECTIONS))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("--lenient");
        assertPerfect(truth, DETECTIONS);
    }

    @Test
    void namesInPlaceOfImageIdsAreToldWithTheOptionThatTakesThem() throws IOException {
        String detections = DETECTIONS.replaceAll("\"image_id\": 1", "\"image_id\": \"one\"");

        assertThatThrownBy(() -> strictly(TRUTH, detections))
                .hasMessageContaining("the first \"one\"; --lenient takes names of files for ids");
        assertPerfect(TRUTH, detections);
    }

    @Test
    void manyMissingFieldsAreOneProblem() throws IOException {
        Path file = file("gt.json", TRUTH.replaceAll("\"iscrowd\": 0", "\"x\": 0"));
        assertThat(CocoValidator.check(file).stream().map(CocoProblem::toString))
                .containsExactly(
                        "annotations[0]: has no iscrowd; 0 is used (1 more annotations like it)");
    }

    @Test
    void aMissingAreaOrBoxIsThatOfTheMask() throws IOException {
        CocoDataset dataset =
                lenient(
                        TRUTH.replace("\"area\": 2500", "\"segmentation\": [[0, 0, 50, 0, 0, 50]]")
                                .replace(
                                        "\"bbox\": [90, 0, 60, 60], \"area\": 3600",
                                        "\"segmentation\": {\"size\": [4, 3], \"counts\": \"525\"}"));
        assertThat(dataset.annotations().get(0).area()).isEqualTo(1250);
        assertThat(dataset.annotations().get(1).box()).isEqualTo(new Box(1, 1, 1, 2));
        assertThat(dataset.annotations().get(1).area()).isEqualTo(2);
    }

    @Test
    void aTruthValueForIscrowdIsNoProblem() throws IOException {
        Path file = file("gt.json", TRUTH.replace("\"iscrowd\": 0", "\"iscrowd\": false"));
        assertThat(CocoDataset.read(file).annotations()).noneMatch(CocoAnnotation::crowd);
        assertThat(CocoValidator.check(file)).isEmpty();
    }

    @Test
    void aTextForIscrowdCountsAsItsNumber() throws IOException {
        String truth = TRUTH.replace("\"iscrowd\": 0", "\"iscrowd\": \"0\"");
        assertThat(strictly(truth, DETECTIONS)).isEqualTo(-1);
        assertPerfect(truth, DETECTIONS);
        assertThat(lenient(TRUTH.replace("\"iscrowd\": 0", "\"iscrowd\": \"1\"")).annotations())
                .allMatch(CocoAnnotation::crowd);
    }

    @ParameterizedTest
    @CsvSource({"image_id", "category_id"})
    void idsOfAnotherTypeAreMatched(String member) throws IOException {
        String quoted = "\"" + member + "\": \"$1\"";
        String pattern = "\"" + member + "\": (\\d)";
        assertThat(strictly(TRUTH.replaceAll(pattern, quoted), DETECTIONS)).isEqualTo(-1);
        assertPerfect(TRUTH.replaceAll(pattern, quoted), DETECTIONS);
        assertPerfect(TRUTH, DETECTIONS.replaceAll(pattern, quoted));
        String listed =
                TRUTH.replaceAll("\\{\"id\": (\\d), \"(file_)?name", "{\"id\": \"$1\", \"$2name");
        assertPerfect(listed, DETECTIONS);
    }

    @Test
    void idsThatAreStringsAreTrainedOnAndWritten() throws IOException {
        String truth =
                TRUTH.replaceAll(
                                "\"(id|image_id)\": (\\d)(, \"(file_name|category_id))",
                                "\"$1\": \"f$2\"$3")
                        .replaceAll("\"category_id\": (\\d)", "\"category_id\": \"c$1\"")
                        .replaceAll("\"id\": (\\d), \"name", "\"id\": \"c$1\", \"name");
        CocoDataset dataset = CocoDataset.read(file("gt.json", truth));
        assertThat(dataset.numberedCategories())
                .containsExactly(new CocoCategory(1, "cat", ""), new CocoCategory(2, "dog", ""));
        CocoResults found =
                CocoResults.builder(dataset)
                        .add(dataset.images().get(0).id(), 1, new Box(0, 0, 50, 50), 0.9)
                        .add(dataset.images().get(1).id(), 2, new Box(90, 0, 60, 60), 0.9)
                        .build();
        assertThat(CocoEvaluator.evaluate(dataset, found).stat(CocoMetric.AP))
                .isCloseTo(1, within(1e-12));
        found.write(folder.resolve("dt.json"));
        assertThat(folder.resolve("dt.json"))
                .content()
                .contains(
                        "\"image_id\":\"f1\",\"category_id\":\"c1\"",
                        "\"f2\",\"category_id\":\"c2\"");
        assertThat(strictly(truth, Files.readString(folder.resolve("dt.json"))))
                .isCloseTo(1, within(1e-12));
    }

    @Test
    void theOrderOfCategoriesDoesNotDependOnWhereTheirIdsAreMet() throws IOException {
        String truth =
                TRUTH.replaceAll("\"category_id\": 1", "\"category_id\": \"b\"")
                        .replaceAll("\"category_id\": 2", "\"category_id\": \"a\"")
                        .replace("{\"id\": 1, \"name\"", "{\"id\": \"b\", \"name\"")
                        .replace("{\"id\": 2, \"name\"", "{\"id\": \"a\", \"name\"");
        assertThat(CocoDataset.read(file("gt.json", truth)).numberedCategories())
                .containsExactly(new CocoCategory(1, "dog", ""), new CocoCategory(2, "cat", ""));
    }

    @Test
    void idsThatArePartlyStringsAreRefusedForTraining() throws IOException {
        Path file = file("gt.json", TRUTH.replace("{\"id\": 2, \"file", "{\"id\": \"x\", \"file"));
        assertThatThrownBy(() -> CocoDataset.read(file))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("images[1] (id \"x\")")
                .hasMessageContaining("a string for its id, the other a number");
    }

    @Test
    void aFileOfImagesAloneIsReadWithAWarning() throws IOException {
        String images = TRUTH.substring(0, TRUTH.indexOf(",\n \"annotations\"")) + "}";
        Path file = file("gt.json", images);
        assertThat(CocoDataset.read(file).images()).hasSize(2);
        assertThat(CocoDataset.read(file).hasObjects()).isFalse();
        assertThat(CocoValidator.check(file))
                .allMatch(problem -> problem.severity() == CocoProblem.Severity.WARNING)
                .extracting(CocoProblem::message)
                .contains("has no \"annotations\"", "has no box of an object");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            "file_name": "one.jpg"                 | "file_name": "C:\\\\x\\\\two.jpg"
            "file_name": "http://h/a/one.jpg?x=1"  | "image_id": "two.jpg"
            "image_id": "one"                      | "image_id": "two"
            "image_id": 9, "file_name": "one.jpg"  | "image_id": "2"
            """)
    void detectionsMayNameTheFile(String first, String second) throws IOException {
        assertPerfect(
                TRUTH,
                DETECTIONS.replace("\"image_id\": 1", first).replace("\"image_id\": 2", second));
    }

    @Test
    void aNameWithoutAnIdIsRefusedStrictlyWithTheOption() {
        assertThatThrownBy(
                        () ->
                                strictly(
                                        TRUTH,
                                        DETECTIONS.replace(
                                                "\"image_id\": 1", "\"file_name\": \"one.jpg\"")))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("has no image_id; --lenient goes by its file_name");
    }

    @Test
    void detectionsOnImagesThatAreNotListedAreLeftOutAndCounted() throws IOException {
        CocoDataset dataset = lenient(TRUTH);
        String more =
                DETECTIONS.replace(
                        "]\n",
                        ", {\"image_id\": 7, \"category_id\": 1, \"bbox\": [0, 0, 9, 9],"
                                + " \"score\": 1}]\n");
        CocoResults results = CocoResults.readLeniently(file("dt.json", more), dataset);
        assertThat(results.size()).isEqualTo(2);
        assertThat(CocoAdvice.of(dataset, results))
                .containsExactly(
                        "1 of 3 detections are left out, since images does not have their"
                                + " images, the first: image_id 7");
        Path none = file("dt.json", DETECTIONS.replaceAll("\"image_id\": \\d", "\"image_id\": 7"));
        assertThatThrownBy(() -> CocoResults.readLeniently(none, dataset))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("2 of 2 detections are left out");
    }

    private static final String MASKS =
            """
            [{"image_id": 1, "category_id": 1, "score": 0.9,
              "segmentation": {"size": [4, 3], "counts": "525"}},
             {"image_id": 2, "category_id": 2, "score": 0.8,
              "segmentation": {"size": [4, 4], "counts": "525ON"}}]
            """;

    /** As pycocotools' loadRes: the box is that of the mask, the area the number of its pixels. */
    @Test
    void masksWithoutBoxesAreReadAsPycocotoolsReadsThem() throws IOException {
        CocoResults results = CocoResults.read(file("dt.json", MASKS));
        assertThat(results.box(0)).isEqualTo(new Box(1, 1, 1, 2));
        assertThat(results.box(1)).isEqualTo(new Box(1, 0, 3, 3));
        assertThat(results.area(0)).isEqualTo(2);
        assertThat(results.area(1)).isEqualTo(3);
        CocoResults boxes =
                CocoResults.read(
                        file(
                                "dt.json",
                                MASKS.replace("\"score\"", "\"bbox\": [1, 2, 3, 4], \"score\"")));
        assertThat(boxes.box(1)).isEqualTo(new Box(1, 2, 3, 4));
        assertThat(boxes.area(1)).isEqualTo(12);
    }

    @Test
    void masksOfOtherFormsAreTakenLeniently() throws IOException {
        String polygon =
                MASKS.replace(
                        "{\"size\": [4, 3], \"counts\": \"525\"}",
                        "[[0, 0, 50, 0, 50, 50, 0, 50]]");
        assertThatThrownBy(() -> CocoResults.read(file("dt.json", polygon)))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("[0]")
                .hasMessageContaining("--lenient");
        CocoResults results = CocoResults.readLeniently(file("dt.json", polygon), lenient(TRUTH));
        assertThat(results.box(0)).isEqualTo(new Box(0, 0, 50, 50));
    }

    @Test
    void correctedCountsAnnotationsThatShareAnId() throws IOException {
        CocoDataset dataset =
                CocoDataset.readForEvaluation(
                        file(
                                "gt.json",
                                TRUTH.replaceAll(
                                        "\"id\": \\d, \"image_id", "\"id\": 0, \"image_id")));
        CocoResults results = CocoResults.read(file("dt.json", DETECTIONS));
        EvaluationParameters corrected = EvaluationParameters.builder().corrected(true).build();
        assertThat(CocoEvaluator.evaluate(dataset, results).stat(CocoMetric.AP)).isZero();
        assertThat(CocoEvaluator.evaluate(dataset, results, corrected).stat(CocoMetric.AP))
                .isCloseTo(1, within(1e-12));
        assertThat(CocoAdvice.of(dataset, corrected)).isEmpty();
        assertThat(CocoAdvice.of(dataset, EvaluationParameters.defaults()))
                .satisfiesExactly(
                        line ->
                                assertThat(line)
                                        .contains("2 annotations have only 1", "--corrected"),
                        line ->
                                assertThat(line)
                                        .contains("2 annotations have the id 0", "--corrected"));
    }

    @Test
    void adviceCountsWhatCountsForNothing() throws IOException {
        CocoDataset dataset =
                CocoDataset.readForEvaluation(
                        file(
                                "gt.json",
                                TRUTH.replace("\"category_id\": 2", "\"category_id\": \"2\"")));
        CocoResults results =
                CocoResults.read(
                        file(
                                "dt.json",
                                DETECTIONS.replace("\"category_id\": 2", "\"category_id\": 8")));
        assertThat(CocoAdvice.of(dataset, EvaluationParameters.defaults()))
                .containsExactly(
                        "1 of 2 annotations have the category_id of none of the categories, the"
                                + " first \"2\", a string where categories have a number (--lenient"
                                + " takes it for that)");
        assertThat(CocoAdvice.of(dataset, results))
                .containsExactly(
                        "1 of 2 detections have the category_id of none of the categories, the"
                                + " first 8");
        assertThat(CocoAdvice.of(lenient(TRUTH), EvaluationParameters.defaults())).isEmpty();
    }

    @Test
    void soundFilesAreReadTheSameEitherWay() throws IOException {
        CocoDataset dataset = lenient(TRUTH);
        CocoDataset strict = CocoDataset.readForEvaluation(folder.resolve("gt.json"));
        assertThat(dataset.annotations()).isEqualTo(strict.annotations());
        assertThat(dataset.images()).isEqualTo(strict.images());
        Path found = file("dt.json", DETECTIONS);
        assertThat(List.copyOf(CocoResults.readLeniently(found, dataset).detections()))
                .isEqualTo(List.copyOf(CocoResults.read(found).detections()));
    }
}
