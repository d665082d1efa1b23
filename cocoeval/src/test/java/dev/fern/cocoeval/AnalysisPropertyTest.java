package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.Matching.Outcome;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.PrecisionRecallCurve;
import dev.fern.cocoeval.analysis.TideErrors;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What holds for the analysis of any data set. */
class AnalysisPropertyTest {
    private static Analysis analyse(RandomCoco coco, double iou) throws CocoFormatException {
        return Analysis.of(
                coco.dataset(),
                coco.results(),
                EvaluationParameters.defaults(),
                AnalysisParameters.defaults().withIouThreshold(iou));
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void curvesAreTheEvaluatorsToTheLastBit(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 3);
        EvaluationParameters atSeventy =
                EvaluationParameters.builder().iouThrs(List.of(0.7)).build();
        Evaluation evaluation = CocoEvaluator.evaluate(coco.dataset(), coco.results(), atSeventy);
        Analysis analysis = analyse(coco, 0.7);
        int[] shape = evaluation.shape();
        for (int k = 0; k < shape[2]; k++) {
            for (int r = 0; r < shape[1]; r++) {
                // T = 1, area range 0, the last of M limits
                int at = ((r * shape[2] + k) * shape[3]) * shape[4] + shape[4] - 1;
                PrecisionRecallCurve curve = analysis.categories().get(k).curve().orElse(null);
                assertThat(evaluation.precision()[at])
                        .isEqualTo(curve == null ? -1 : curve.precision().get(r));
                // at recall 0 pycocotools has the first score even if that detection is ignored
                assertThat(
                                r == 0 && curve != null
                                        ? curve.scores().get(0)
                                        : evaluation.scores()[at])
                        .isEqualTo(curve == null ? -1 : curve.scores().get(r));
            }
        }
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void everyErrorIsOfOneKindAndMendingItWinsNoMoreThanThereIs(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 3);
        Analysis analysis = analyse(coco, 0.5);
        TideErrors tide = analysis.tide();
        assertThat(tide.averagePrecision())
                .isCloseTo(
                        CocoEvaluator.evaluate(coco.dataset(), coco.results())
                                .stat(CocoMetric.AP50),
                        within(1e-12));
        int wrong = 0;
        for (TideErrors.TideError error : tide.errors()) {
            wrong += error.kind() == TideErrors.Kind.MISSED ? 0 : error.count();
            assertThat(error.deltaAp())
                    .isBetween(0.0, 1 - Math.max(0, tide.averagePrecision()) + 1e-12);
        }
        assertThat(wrong)
                .isEqualTo(analysis.categories().stream().mapToInt(c -> c.falsePositives()).sum());
        assertThat(tide.falsePositiveDeltaAp()).isGreaterThanOrEqualTo(-1e-12);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void theConfusionMatrixCountsEveryObjectAndEveryDetectionOnce(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 3);
        coco.annotations.removeIf(CocoAnnotation::crowd);
        int[][] counts =
                Analysis.of(
                                coco.dataset(),
                                coco.results(),
                                EvaluationParameters.defaults(),
                                AnalysisParameters.defaults().withScoreThreshold(0.4))
                        .confusion()
                        .counts();
        for (int k = 0; k < 3; k++) {
            long id = coco.categories.get(k).id();
            int column = k;
            assertThat(IntStream.of(counts[k]).sum())
                    .isEqualTo(
                            (int)
                                    coco.annotations.stream()
                                            .filter(a -> a.categoryId() == id)
                                            .count());
            assertThat(Stream.of(counts).mapToInt(row -> row[column]).sum())
                    .isEqualTo(
                            (int)
                                    coco.detections.stream()
                                            .filter(d -> d.categoryId() == id && d.score() >= 0.4)
                                            .count());
        }
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void pairsAreOfOneImageAndCategoryAndOverlapEnough(@ForAll long seed)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, 8, 3);
        Matching matching =
                Matching.of(coco.dataset(), coco.results(), EvaluationParameters.defaults(), 0.6);
        int detections = 0;
        for (ImageMatching image : matching.images()) {
            for (int d = 0; d < image.detections().size(); d++) {
                MatchedDetection detection = image.detections().get(d);
                detections++;
                assertThat(detection.detection()).isEqualTo(coco.results().get(detection.index()));
                assertThat(detection.detection().imageId()).isEqualTo(image.image().id());
                if (detection.isRight()) {
                    MatchedTruth truth = image.truths().get(detection.truth());
                    assertThat(truth.detection()).isEqualTo(d);
                    assertThat(truth.ignored()).isFalse();
                    assertThat(truth.annotation().categoryId())
                            .isEqualTo(detection.detection().categoryId());
                    assertThat(truth.annotation().box().iou(detection.detection().box()))
                            .isGreaterThanOrEqualTo(0.6);
                } else if (detection.outcome() == Outcome.IGNORED) {
                    assertThat(image.truths().get(detection.truth()).annotation().crowd()).isTrue();
                }
            }
        }
        assertThat(detections).isEqualTo(coco.detections.size());
    }

    @Test
    void theNumberOfThreadsDoesNotMatter() throws Exception {
        SyntheticCoco coco = SyntheticCoco.generate(5, 60, 9, 500, 4000);
        List<String> texts = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                texts.add(
                        pool.submit(
                                        () ->
                                                Analysis.of(
                                                                coco.dataset(),
                                                                coco.results(),
                                                                EvaluationParameters.defaults(),
                                                                AnalysisParameters.defaults())
                                                        .toJson(coco.dataset())
                                                        .toString())
                                .get());
            } finally {
                pool.shutdown();
            }
        }
        assertThat(texts.get(1)).isEqualTo(texts.get(0));
        assertThat(texts.get(2)).isEqualTo(texts.get(0));
    }
}
