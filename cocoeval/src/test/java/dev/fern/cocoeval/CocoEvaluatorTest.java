package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Evaluation.CategoryStats;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small cases worked out by hand. */
class CocoEvaluatorTest {
    private static final EvaluationParameters DEFAULTS = EvaluationParameters.defaults();
    private static final EvaluationParameters CORRECTED =
            EvaluationParameters.builder().corrected(true).build();

    private final List<CocoAnnotation> annotations = new ArrayList<>();
    private final CocoResults.Builder detections = CocoResults.builder();

    private void truth(double x, double y, double width, double height) {
        truth(1, x, y, width, height, false);
    }

    private void truth(long category, double x, double y, double w, double h, boolean crowd) {
        annotations.add(
                new CocoAnnotation(
                        annotations.size() + 1, 1, category, new Box(x, y, w, h), w * h, crowd));
    }

    private void detect(double x, double y, double width, double height, double score) {
        detections.add(1, 1, new Box(x, y, width, height), score);
    }

    private CocoDataset dataset() {
        return CocoDataset.of(
                List.of(new CocoImage(1, "1.jpg", 640, 480)),
                List.of(new CocoCategory(1, "cat", ""), new CocoCategory(2, "dog", "")),
                annotations);
    }

    private Evaluation evaluate(EvaluationParameters parameters) throws CocoFormatException {
        return CocoEvaluator.evaluate(dataset(), detections.build(), parameters);
    }

    private void assertStat(CocoMetric metric, double expected) throws CocoFormatException {
        assertThat(evaluate(DEFAULTS).stat(metric)).isCloseTo(expected, within(1e-12));
    }

    @Test
    void aPerfectDetectionOfAMediumObjectScoresOne() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(10, 10, 50, 50, 0.3);
        assertThat(evaluate(DEFAULTS).table())
                .isEqualTo(
                        """
                         Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000
                         Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000
                         Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 1.000
                         Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = -1.000
                         Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
                         Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = -1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
                         Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
                        """);
    }

    @Test
    void aFalseDetectionAheadHalvesPrecision() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(200, 200, 50, 50, 0.9);
        detect(10, 10, 50, 50, 0.8);
        assertStat(CocoMetric.AP, 0.5);
        assertStat(CocoMetric.AR1, 0);
        assertStat(CocoMetric.AR10, 1);
    }

    @Test
    void precisionIsTakenAtOneHundredAndOneRecalls() throws CocoFormatException {
        truth(10, 10, 50, 50);
        truth(100, 10, 50, 50);
        detect(10, 10, 50, 50, 0.9);
        detect(200, 200, 50, 50, 0.8);
        detect(100, 10, 50, 50, 0.7);
        // recalls 0 to .5, 51 of them, at precision 1; the other 50 at 2/3
        assertStat(CocoMetric.AP, (51 + 50 * 2 / 3.0) / 101);
        Evaluation evaluation = evaluate(DEFAULTS);
        // strides of [T, R, K, A, M] = [10, 101, 2, 4, 3]: recall 50 is the last that .9 reaches
        int recall50 = 50 * 2 * 4 * 3 + 2;
        assertThat(evaluation.shape()).containsExactly(10, 101, 2, 4, 3);
        assertThat(evaluation.scores()[recall50]).isEqualTo(0.9);
        assertThat(evaluation.scores()[recall50 + 24]).isEqualTo(0.7);
        assertThat(evaluation.precision()[recall50 + 24]).isCloseTo(2 / 3.0, within(1e-15));
        assertThat(evaluation.recall()[2]).isEqualTo(1);
    }

    @Test
    void anOverlapOfTwoThirdsMatchesAtFourOfTenThresholds() throws CocoFormatException {
        truth(0, 0, 100, 100);
        detect(0, 0, 100, 150, 0.9);
        assertStat(CocoMetric.AP, 0.4);
        assertStat(CocoMetric.AP50, 1);
        assertStat(CocoMetric.AP75, 0);
        assertStat(CocoMetric.AP_LARGE, 0.4);
    }

    @Test
    void aDetectionWithinACrowdIsNeitherRightNorWrong() throws CocoFormatException {
        truth(10, 10, 50, 50);
        truth(1, 200, 200, 300, 200, true);
        detect(250, 250, 20, 20, 0.9);
        detect(300, 250, 20, 20, 0.8);
        detect(10, 10, 50, 50, 0.7);
        assertStat(CocoMetric.AP, 1);
    }

    @Test
    void anUnmatchedDetectionCountsOnlyInItsOwnAreaRange() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(200, 200, 10, 10, 0.9);
        detect(10, 10, 50, 50, 0.8);
        assertStat(CocoMetric.AP, 0.5);
        assertStat(CocoMetric.AP_MEDIUM, 1);
        assertStat(CocoMetric.AP_SMALL, -1);
    }

    @Test
    void recallIsBoundedByTheDetectionsOfAnImage() throws CocoFormatException {
        for (int i = 0; i < 20; i++) {
            truth(60 * i, 10, 50, 50);
            detect(60 * i, 10, 50, 50, 0.9 - 0.01 * i);
        }
        assertStat(CocoMetric.AR1, 0.05);
        assertStat(CocoMetric.AR10, 0.5);
        assertStat(CocoMetric.AR100, 1);
    }

    @Test
    void categoriesWithoutTruthStayOutOfTheMeanAndThoseWithoutDetectionsCountZero()
            throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(10, 10, 50, 50, 0.9);
        detections.add(1, 2, new Box(1, 1, 9, 9), 0.9);
        List<CategoryStats> perCategory = evaluate(DEFAULTS).perCategory();
        assertThat(perCategory.get(0).category().name()).isEqualTo("cat");
        assertThat(perCategory.get(0).stats().keySet())
                .containsExactlyElementsOf(CocoMetric.of(IouType.BOX));
        assertThat(perCategory.get(0).stats().get(CocoMetric.AP)).isCloseTo(1, within(1e-12));
        assertThat(perCategory.get(1).stats().get(CocoMetric.AP)).isEqualTo(-1);
        assertStat(CocoMetric.AP, 1);

        truth(2, 300, 300, 50, 50, false);
        assertStat(CocoMetric.AP, 0.5);
    }

    @Test
    void withoutCategoriesAnyMatches() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detections.add(1, 2, new Box(10, 10, 50, 50), 0.9);
        assertStat(CocoMetric.AP, 0);
        Evaluation agnostic = evaluate(EvaluationParameters.builder().useCats(false).build());
        assertThat(agnostic.stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
        assertThat(agnostic.shape()[2]).isEqualTo(1);
        assertThat(agnostic.perCategory()).isEmpty();
    }

    @Test
    void imagesAndCategoriesCanBeChosen() throws CocoFormatException {
        truth(10, 10, 50, 50);
        truth(2, 300, 300, 50, 50, false);
        detect(10, 10, 50, 50, 0.9);
        assertStat(CocoMetric.AP, 0.5);
        var cat = EvaluationParameters.builder().catIds(List.of(1L)).build();
        assertThat(evaluate(cat).stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
        var otherImage = EvaluationParameters.builder().imgIds(List.of(7L)).build();
        assertThat(evaluate(otherImage).stat(CocoMetric.AP)).isEqualTo(-1);
    }

    @Test
    void aMatchWithAnnotationZeroCountsOnlyWhenCorrected() throws CocoFormatException {
        annotations.add(new CocoAnnotation(0, 1, 1, new Box(10, 10, 50, 50), 2500, false));
        detect(10, 10, 50, 50, 0.9);
        assertStat(CocoMetric.AP, 0);
        assertThat(evaluate(CORRECTED).stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
    }

    @Test
    void theIgnoreFlagCountsOnlyWhenCorrected(@TempDir Path folder) throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("gt.json"),
                        """
                        {"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": [
                          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 50, 50],
                           "area": 2500, "iscrowd": 0},
                          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [300, 10, 50, 50],
                           "area": 2500, "iscrowd": 0, "ignore": 1}]}
                        """);
        detect(10, 10, 50, 50, 0.9);
        CocoDataset dataset = CocoDataset.readForEvaluation(file);
        CocoResults results = detections.build();
        assertThat(CocoEvaluator.evaluate(dataset, results, DEFAULTS).stat(CocoMetric.AR100))
                .isEqualTo(0.5);
        assertThat(CocoEvaluator.evaluate(dataset, results, CORRECTED).stat(CocoMetric.AR100))
                .isEqualTo(1);
    }

    @Test
    void theHeadlineNeedsOneHundredDetectionsUnlessCorrected() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(10, 10, 50, 50, 0.9);
        var limits = EvaluationParameters.builder().maxDets(List.of(1, 10, 300));
        Evaluation evaluation = evaluate(limits.build());
        assertThat(evaluation.stat(CocoMetric.AP)).isEqualTo(-1);
        assertThat(evaluation.stat(CocoMetric.AP50)).isCloseTo(1, within(1e-12));
        assertThat(evaluation.table()).contains("-1 since").contains("[1, 10, 300]");
        Evaluation corrected = evaluate(limits.corrected(true).build());
        assertThat(corrected.stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
        assertThat(corrected.table()).contains("maxDets=300 ] = 1.000").doesNotContain("-1 since");
    }

    @Test
    void lessThanThreeLimitsGiveTheTwelveNumbersOnlyWhenCorrected() throws CocoFormatException {
        truth(10, 10, 50, 50);
        detect(10, 10, 50, 50, 0.9);
        var limits = EvaluationParameters.builder().maxDets(List.of(300));
        Evaluation evaluation = evaluate(limits.build());
        assertThat(evaluation.recall()[0]).isEqualTo(1);
        assertThatThrownBy(evaluation::stats)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxDets");
        Evaluation corrected = evaluate(limits.corrected(true).build());
        assertThat(corrected.stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
        assertThat(corrected.stat(CocoMetric.AR100)).isEqualTo(1);
        assertThat(corrected.stat(CocoMetric.AR1)).isEqualTo(-1);
    }

    @Test
    void noDetectionsScoreZeroFromMemoryAndAreRefusedFromAFileUnlessCorrected(@TempDir Path folder)
            throws IOException {
        truth(10, 10, 50, 50);
        assertStat(CocoMetric.AP, 0);
        CocoResults empty = CocoResults.read(Files.writeString(folder.resolve("dt.json"), "[]"));
        assertThatThrownBy(() -> CocoEvaluator.evaluate(dataset(), empty, DEFAULTS))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("dt.json: holds no detection");
        assertThat(CocoEvaluator.evaluate(dataset(), empty, CORRECTED).stat(CocoMetric.AP))
                .isEqualTo(0);
    }

    @Test
    void detectionsOnUnknownImagesAreRefused() {
        detections.add(5, 1, new Box(0, 0, 1, 1), 0.5);
        assertThatThrownBy(() -> evaluate(DEFAULTS))
                .isInstanceOf(CocoFormatException.class)
                .hasMessage(
                        "the results: [0].image_id: 5 is not an image of the data set; 1 of 1"
                                + " detections have the image_id of none of the images, the first 5;"
                                + " --lenient leaves them out");
    }

    @Test
    void moreThresholdsThanBitsInAWordAreEvaluated() throws CocoFormatException {
        truth(0, 0, 100, 100);
        detect(0, 0, 100, 125, 0.9);
        // overlap .8: of 0/100 ... 99/100, those up to 80/100 match
        List<Double> hundredths = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            hundredths.add(i / 100.0);
        }
        var parameters = EvaluationParameters.builder().iouThrs(hundredths).build();
        assertThat(evaluate(parameters).stat(CocoMetric.AR100)).isCloseTo(0.81, within(1e-12));
    }

    @Test
    void theNumberOfThreadsChangesNothing() throws Exception {
        RandomCoco random = new RandomCoco(3, 60, 25);
        List<double[]> precisions = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                precisions.add(
                        pool.submit(
                                        () ->
                                                CocoEvaluator.evaluate(
                                                                random.dataset(), random.results())
                                                        .precision())
                                .get());
            } finally {
                pool.shutdown();
            }
        }
        assertThat(precisions.get(1)).isEqualTo(precisions.get(0));
        assertThat(precisions.get(2)).isEqualTo(precisions.get(0));
    }
}
