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

/** Masks and keypoints that are not sound but that pycocotools takes, or stumbles over later. */
class OddShapesTest {
    private static final String MASKS =
            """
            {"images": [{"id": 1, "height": 10, "width": 10}, {"id": 2, "height": 10, "width": 10}],
             "categories": [{"id": 1}, {"id": 2}], "annotations": [
              {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "area": 25,
               "iscrowd": 0, "segmentation": [[0, 0, 5, 0, 5, 5, 0, 5]]},
              {"id": 2, "image_id": 2, "category_id": 2, "bbox": [0, 0, 5, 5], "area": 25,
               "iscrowd": 0, "segmentation": {"size": [10, 10], "counts": [0, 100]}}]}
            """;
    private static final String FOUND =
            """
            [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.9,
              "segmentation": {"size": [10, 10], "counts": "0550000000b1"}}]
            """;
    private static final String PEOPLE =
            """
            {"images": [{"id": 1}], "categories": [{"id": 1}, {"id": 2}], "annotations": [
              {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "area": 25,
               "iscrowd": 0, "num_keypoints": 2, "keypoints": [1, 2, 2, 4, 3, 1]}]}
            """;
    private static final String FOUND_PEOPLE =
            """
            [{"image_id": 1, "category_id": 1, "score": 0.9, "keypoints": [1, 2, 0, 4, 3, 0]},
             {"image_id": 1, "category_id": 2, "score": 0.9, "keypoints": [1, 2, 0, 4, 3, 0]}]
            """;

    @TempDir Path folder;

    private Evaluation evaluate(
            String truth, String detections, EvaluationParameters.Builder parameters)
            throws IOException {
        EvaluationParameters built = parameters.build();
        Path gt = Files.writeString(folder.resolve("gt.json"), truth);
        Path dt = Files.writeString(folder.resolve("dt.json"), detections);
        return CocoEvaluator.evaluate(
                CocoDataset.readForEvaluation(gt, built.iouType()),
                CocoResults.read(dt, built.iouType()),
                built);
    }

    private static EvaluationParameters.Builder masks() {
        return EvaluationParameters.builder(IouType.SEGM).catIds(List.of(1L));
    }

    private static EvaluationParameters.Builder people() {
        return EvaluationParameters.builder(IouType.KEYPOINTS)
                .catIds(List.of(1L))
                .sigmas(List.of(.1, .1));
    }

    private void assertPerfect(
            String truth, String detections, EvaluationParameters.Builder parameters)
            throws IOException {
        assertThat(evaluate(truth, detections, parameters).stat(CocoMetric.AP))
                .isCloseTo(1, within(1e-12));
    }

    private void assertRefused(
            String truth,
            String detections,
            EvaluationParameters.Builder parameters,
            String message) {
        assertThatThrownBy(() -> evaluate(truth, detections, parameters))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void fractionsOfSizesAreCutOff() throws IOException {
        assertPerfect(MASKS, FOUND, masks());
        String fractions =
                MASKS.replace("\"height\": 10, \"width\": 10", "\"height\": 10.0, \"width\": 10.9");
        assertPerfect(fractions, FOUND.replace("[10, 10]", "[10.5, 10.0]"), masks());
        for (String odd : List.of("-1", "NaN", "\"10\"", "null", "[10]")) {
            assertRefused(
                    MASKS.replace("\"width\": 10", "\"width\": " + odd),
                    FOUND,
                    masks(),
                    "gt.json: images[0]");
            assertRefused(
                    MASKS,
                    FOUND.replace("[10, 10]", "[10, " + odd + "]"),
                    masks(),
                    "dt.json: [0].segmentation.size[1]");
        }
    }

    @Test
    void trueIsASizeOfOne() throws IOException {
        String column =
                MASKS.replace("\"width\": 10", "\"width\": true")
                        .replace("5, 0, 5, 5, 0, 5", "1, 0, 1, 5, 0, 5");
        assertPerfect(
                column,
                FOUND.replace(
                        "[10, 10], \"counts\": \"0550000000b1\"",
                        "[10, true], \"counts\": \"055\""),
                masks());
    }

    @Test
    void runsInAnImageWithoutSizeAreRefusedAsPolygonsAre() {
        String noSize =
                MASKS.replace("\"id\": 2, \"height\": 10", "\"id\": 2, \"height\": \"ten\"");
        assertRefused(noSize, FOUND, masks().catIds(List.of(1L, 2L)), "gt.json: images[1]");
    }

    @Test
    void listsWithoutIdsPrepareEverything() throws IOException {
        String bad = MASKS.replace("\"counts\": [0, 100]", "\"counts\": [0, -1]");
        assertPerfect(bad, FOUND, masks());
        assertThat(evaluate(MASKS, FOUND, masks().catIds(List.of())).shape()[2]).isZero();
        for (List<Long> images : List.of(List.<Long>of(), List.of(1L, 2L))) {
            assertRefused(
                    bad,
                    FOUND,
                    masks().catIds(List.of()).imgIds(images),
                    "annotations[1].segmentation");
        }
        assertRefused(
                bad,
                FOUND,
                masks().catIds(List.of(2L)).imgIds(List.of()),
                "annotations[1].segmentation");
        assertThat(evaluate(bad, FOUND, masks().imgIds(List.of())).stat(CocoMetric.AP))
                .isEqualTo(-1);
    }

    @Test
    void masksThatNeverEndAreRefusedThoughNothingIsCompared() {
        String counts = "{\"size\": [10, 10], \"counts\": [0, 100]}";
        EvaluationParameters.Builder second = masks().catIds(List.of(2L));
        assertRefused(
                MASKS.replace(counts, "[" + counts + ", {\"size\": [10, 10], \"counts\": [0, 9]}]"),
                FOUND,
                second,
                "annotations[1].segmentation");
        assertRefused(
                MASKS.replace(counts, "[[0, 0, 5, 0, 1e30, 5, 0, 5]]"),
                FOUND,
                second,
                "annotations[1].segmentation[0]");
    }

    @Test
    void withoutThresholdsMasksAndKeypointsAreComparedAllTheSame() {
        assertRefused(
                PEOPLE,
                FOUND_PEOPLE,
                people().sigmas(List.of(.1, .1, .1)).iouThrs(List.of()),
                "dt.json: [0].keypoints");
    }

    @Test
    void thirdNumbersOfDetectionsCountOnlyWhereTheyAreCompared() throws IOException {
        assertPerfect(PEOPLE, FOUND_PEOPLE, people());
        int second = FOUND_PEOPLE.lastIndexOf("[1, 2, 0");
        for (String odd : List.of("null", "\"a\"", "[1]")) {
            String third = "[1, 2, " + odd;
            assertPerfect(
                    PEOPLE,
                    FOUND_PEOPLE.substring(0, second)
                            + FOUND_PEOPLE.substring(second).replace("[1, 2, 0", third),
                    people());
            assertRefused(
                    PEOPLE,
                    FOUND_PEOPLE.replace("[1, 2, 0", third),
                    people(),
                    "dt.json: [0].keypoints[2]");
        }
        assertRefused(
                PEOPLE,
                FOUND_PEOPLE.replace("[1, 2, 0", "[1, 2, 36893488147419103232"),
                people(),
                "is an integer of more than 64 bits");
    }

    @Test
    void forKeypointsACrowdIsAnyNumberButZero() throws IOException {
        for (String crowd : List.of("256", "-1", "\"7\"")) {
            assertThat(
                            evaluate(
                                            PEOPLE.replace(
                                                    "\"iscrowd\": 0", "\"iscrowd\": " + crowd),
                                            FOUND_PEOPLE,
                                            people())
                                    .stat(CocoMetric.AP))
                    .isEqualTo(-1);
        }
        assertRefused(
                PEOPLE.replace("\"iscrowd\": 0", "\"iscrowd\": NaN"),
                FOUND_PEOPLE,
                people(),
                "gt.json: annotations[0]");
    }

    @Test
    void keypointsNeedABoxOfNumbersButTakeAFifth() throws IOException {
        assertPerfect(PEOPLE.replace("[0, 0, 5, 5]", "[0, 0, 5, 5, 1]"), FOUND_PEOPLE, people());
        for (String odd : List.of("null", "\"0\"")) {
            assertRefused(
                    PEOPLE.replace("[0, 0, 5, 5]", "[" + odd + ", 0, 5, 5]"),
                    FOUND_PEOPLE,
                    people(),
                    "annotations[0].bbox[0]");
        }
    }
}
