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

/** Files that are not sound but that pycocotools takes, or stumbles over only when it uses them. */
class OddFilesTest {
    private static final String TRUTH =
            """
            {"images": [{"id": 1}], "categories": [{"id": 1}, {"id": 2}], "annotations": [
              {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50], "area": 2500,
               "iscrowd": 0},
              {"id": 2, "image_id": 1, "category_id": 2, "bbox": [90, 0, 60, 60], "area": 3600,
               "iscrowd": 0}]}
            """;
    private static final String DETECTIONS =
            """
            [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50], "score": 0.9},
             {"image_id": 1, "category_id": 2, "bbox": [90, 0, 60, 60], "score": 0.8}]
            """;
    private static final EvaluationParameters DEFAULTS = EvaluationParameters.defaults();
    private static final EvaluationParameters ONLY_FIRST =
            EvaluationParameters.builder().catIds(List.of(1L)).build();

    @TempDir Path folder;

    private Evaluation evaluate(String truth, String detections, EvaluationParameters parameters)
            throws IOException {
        return CocoEvaluator.evaluate(
                CocoDataset.readForEvaluation(Files.writeString(folder.resolve("gt.json"), truth)),
                CocoResults.read(Files.writeString(folder.resolve("dt.json"), detections)),
                parameters);
    }

    private void assertPerfect(String truth, String detections, EvaluationParameters parameters)
            throws IOException {
        assertThat(evaluate(truth, detections, parameters).stat(CocoMetric.AP))
                .isCloseTo(1, within(1e-12));
    }

    private void assertRefused(
            String truth, String detections, EvaluationParameters parameters, String message) {
        assertThatThrownBy(() -> evaluate(truth, detections, parameters))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void scoresThatAreTrueAreNumbersBesideNumbersAlone() throws IOException {
        String twoImages =
                """
                {"images": [{"id": 1}, {"id": 2}], "categories": [{"id": 1}], "annotations": [
                  {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50], "area": 2500,
                   "iscrowd": 0},
                  {"id": 2, "image_id": 2, "category_id": 1, "bbox": [0, 0, 50, 50], "area": 2500,
                   "iscrowd": 0}]}
                """;
        String first =
                "{\"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 50, 50], \"score\": true}";
        String second = first.replace("\"image_id\": 1", "\"image_id\": 2");
        String number = second.replace("true", "1");
        assertPerfect(twoImages, "[" + first + "," + number + "]", DEFAULTS);
        // an image without detections makes numbers of the others' scores
        assertThat(evaluate(twoImages, "[" + first + "]", DEFAULTS).stat(CocoMetric.AR))
                .isEqualTo(0.5);
        String alone = "[" + first + "," + second + "]";
        assertRefused(twoImages, alone, DEFAULTS, "is true or false, as are all");
        assertPerfect(twoImages, alone, EvaluationParameters.builder().corrected(true).build());
        // behind the first, by which maxDets 1 alone goes
        String behind = number.replace("\"score\": 1", "\"score\": 0.5");
        assertRefused(
                twoImages, "[" + first + "," + second + "," + behind + "]", DEFAULTS, "[0].score");
    }

    @Test
    void imagesAndCategoriesWhoseIdsAreNoIntegersCanBeChosen() throws IOException {
        String truth =
                """
                {"images": [{"id": "b"}, {"id": "a"}], "categories": [{"id": 0.5}, {"id": 2}],
                 "annotations": [
                  {"id": 1, "image_id": "a", "category_id": 0.5, "bbox": [0, 0, 50, 50],
                   "area": 2500, "iscrowd": 0},
                  {"id": 2, "image_id": "b", "category_id": 0.5, "bbox": [0, 0, 50, 50],
                   "area": 2500, "iscrowd": 0},
                  {"id": 3, "image_id": "a", "category_id": 2, "bbox": [0, 0, 50, 50],
                   "area": 2500, "iscrowd": 0}]}
                """;
        String found =
                """
                [{"image_id": "a", "category_id": 0.5, "bbox": [0, 0, 50, 50], "score": 0.9}]
                """;
        CocoDataset dataset =
                CocoDataset.readForEvaluation(Files.writeString(folder.resolve("gt.json"), truth));
        assertPerfect(truth, found, parameters(dataset, "{'imgIds': ['a'], 'catIds': [0.5]}"));
        assertThat(evaluate(truth, found, parameters(dataset, "{'imgIds': ['a', 'b', 'a']}")))
                .satisfies(
                        // half of one category, nothing of the other
                        both -> assertThat(both.stat(CocoMetric.AR1)).isEqualTo(0.25),
                        both -> assertThat(both.shape()[2]).isEqualTo(2));
        assertThatThrownBy(() -> parameters(dataset, "{'imgIds': ['a', 'c']}"))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("p.json: imgIds[1]")
                .hasMessageContaining("is neither an integer nor an id of the data set");
        assertRefused(
                truth,
                found,
                parameters(dataset, "{'imgIds': [1, 'a']}"),
                "imgIds are of several kinds");
    }

    private EvaluationParameters parameters(CocoDataset dataset, String json) throws IOException {
        return EvaluationParameters.read(
                Files.writeString(folder.resolve("p.json"), json.replace('\'', '"')), dataset);
    }

    @Test
    void idsMayBeTextsOrFractionsOrVeryLarge() throws IOException {
        assertPerfect(TRUTH, DETECTIONS, DEFAULTS);
        for (String id : List.of("\"a\"", "1.5", "36893488147419103232", "null", "true", "1.0")) {
            assertPerfect(
                    TRUTH.replace("{\"id\": 1}]", "{\"id\": " + id + "}]")
                            .replace("\"image_id\": 1", "\"image_id\": " + id),
                    DETECTIONS.replace("\"image_id\": 1", "\"image_id\": " + id),
                    DEFAULTS);
        }
    }

    @Test
    void theTextOneIsNotTheNumberOne() {
        assertRefused(
                TRUTH,
                DETECTIONS.replace("\"image_id\": 1", "\"image_id\": \"1\""),
                DEFAULTS,
                "[0].image_id: 1 is not an image of");
    }

    @Test
    void idsOfSeveralKindsHaveNoOrder() {
        assertRefused(
                TRUTH.replace("{\"id\": 2}", "{\"id\": \"b\"}"),
                DETECTIONS,
                DEFAULTS,
                "the ids of categories are of several kinds");
    }

    @Test
    void besideAFractionAnIdTooLargeForADoubleIsLost() throws IOException {
        // numpy makes 9007199254740992 of it, and finds no such category
        String large = "9007199254740993";
        Evaluation evaluation =
                evaluate(
                        TRUTH.replace(
                                        "{\"id\": 1}, {\"id\": 2}",
                                        "{\"id\": 1.5}, {\"id\": " + large + "}")
                                .replace("\"category_id\": 2", "\"category_id\": " + large)
                                .replace("\"category_id\": 1", "\"category_id\": 1.5"),
                        DETECTIONS
                                .replace("\"category_id\": 2", "\"category_id\": " + large)
                                .replace("\"category_id\": 1", "\"category_id\": 1.5"),
                        DEFAULTS);
        assertThat(evaluation.perCategory())
                .extracting(category -> category.stats().get(CocoMetric.AR100))
                .containsExactly(1.0, -1.0);
    }

    @Test
    void whatIsMissingMattersOnlyWhereItIsUsed() throws IOException {
        for (String field : List.of("\"area\": 3600,", "\"bbox\": [90, 0, 60, 60],")) {
            String without = TRUTH.replace(field, "");
            assertPerfect(without, DETECTIONS, ONLY_FIRST);
            assertRefused(without, DETECTIONS, DEFAULTS, "gt.json: annotations[1]");
        }
        String withoutScore = DETECTIONS.replace(", \"score\": 0.8", "");
        assertPerfect(TRUTH, withoutScore, ONLY_FIRST);
        assertRefused(TRUTH, withoutScore, DEFAULTS, "dt.json: [1] (byte 75): has no score");
    }

    @Test
    void aDetectionOfFiveNumbersMattersOnlyWithinMaxDets() throws IOException {
        String five =
                DETECTIONS.stripTrailing().replaceAll("]$", "")
                        + ", {\"image_id\": 1, \"category_id\": 1, \"bbox\": [9, 9, 9, 9, 9],"
                        + " \"score\": 0.1}]";
        assertRefused(TRUTH, five, DEFAULTS, "[2].bbox");
        Evaluation evaluation =
                evaluate(
                        TRUTH,
                        five,
                        EvaluationParameters.builder().maxDets(List.of(1, 1, 1)).build());
        assertThat(evaluation.stat(CocoMetric.AR1)).isEqualTo(1);
    }

    @Test
    void anAnnotationsIdMustTurnIntoANumberOnceItIsMatched() throws IOException {
        assertPerfect(
                TRUTH.replace("\"id\": 2, \"image", "\"id\": \" 7 \", \"image"),
                DETECTIONS,
                DEFAULTS);
        String text = TRUTH.replace("\"id\": 2, \"image", "\"id\": \"seven\", \"image");
        assertRefused(text, DETECTIONS, DEFAULTS, "annotations[1].id");
        assertPerfect(text, DETECTIONS, ONLY_FIRST);
    }

    @Test
    void theLastOfSeveralAnnotationsWithOneIdStandsForAll() throws IOException {
        String sameId =
                TRUTH.replace("\"id\": 2, \"image", "\"id\": 1, \"image")
                        .replace("\"category_id\": 2", "\"category_id\": 1");
        // the box of 60 counts twice, and is found once; that of 50 is not there
        Evaluation evaluation =
                evaluate(
                        sameId,
                        DETECTIONS.replace("\"category_id\": 2", "\"category_id\": 1"),
                        DEFAULTS);
        assertThat(evaluation.stat(CocoMetric.AR100)).isEqualTo(0.5);
    }
}
