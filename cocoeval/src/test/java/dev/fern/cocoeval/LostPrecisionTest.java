package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.LostPrecision;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LostPrecisionTest {

    private static final EvaluationParameters AT_HALF =
            EvaluationParameters.defaults().toBuilder().iouThrs(List.of(0.5)).build();

    /** Mends each image's file of detections in turn, and has the evaluator evaluate it. */
    @ParameterizedTest
    @CsvSource({"1, 30, 1", "2, 40, 3", "3, 25, 12", "4, 3, 6"})
    void theLossIsWhatTheEvaluatorGivesForTheMendedDetections(long seed, int images, int categories)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, categories);
        CocoDataset dataset = coco.dataset();
        Matching matching = Matching.of(dataset, coco.results(), AT_HALF, 0.5);
        double ap = ap(dataset, coco.detections);
        List<Double> losses = LostPrecision.of(matching);
        assertThat(losses).hasSize(matching.images().size());
        for (int i = 0; i < losses.size(); i++) {
            double mended = ap(dataset, mended(coco.detections, matching.images().get(i)));
            assertThat(losses.get(i)).as("image %d", i).isCloseTo(mended - ap, within(1e-12));
        }
        assertThat(losses).anyMatch(loss -> loss > 0.001).allMatch(loss -> loss >= 0);
    }

    private static double ap(CocoDataset dataset, List<CocoDetection> detections)
            throws CocoFormatException {
        return CocoEvaluator.evaluate(dataset, RandomCoco.results(detections), AT_HALF)
                .stat(CocoMetric.AP);
    }

    private static List<CocoDetection> mended(List<CocoDetection> all, ImageMatching image) {
        Set<Integer> wrong = new HashSet<>();
        for (MatchedDetection detection : image.detections()) {
            if (detection.isWrong()) {
                wrong.add(detection.index());
            }
        }
        List<CocoDetection> mended = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (!wrong.contains(i)) {
                mended.add(all.get(i));
            }
        }
        for (MatchedTruth truth : image.truths()) {
            if (truth.isMissed()) {
                CocoAnnotation object = truth.annotation();
                mended.add(
                        new CocoDetection(
                                object.imageId(), object.categoryId(), object.box(), 2.0));
            }
        }
        return mended;
    }

    /** One of two objects is found after one wrong detection of each image. */
    @Test
    void aLossWorkedOutByHand() throws CocoFormatException {
        CocoDataset dataset =
                CocoDataset.of(
                        List.of(new CocoImage(1, "", 99, 99), new CocoImage(2, "", 99, 99)),
                        List.of(new CocoCategory(1, "cat", "")),
                        List.of(
                                new CocoAnnotation(1, 1, 1, new Box(0, 0, 9, 9), 81, false),
                                new CocoAnnotation(2, 2, 1, new Box(0, 0, 9, 9), 81, false)));
        CocoResults results =
                CocoResults.builder()
                        .add(1, 1, new Box(50, 50, 9, 9), 0.9)
                        .add(2, 1, new Box(50, 50, 9, 9), 0.8)
                        .add(1, 1, new Box(0, 0, 9, 9), 0.7)
                        .build();
        // 51 of the 101 recalls are at most 1/2. Before: precision 1/3 at these.
        double before = 51 / 3.0;
        // Without the first image's wrong detection: 1/2 at these.
        double first = 51 / 2.0;
        // The second image mended: its object first, then one wrong, then the other object.
        double second = 51 + 50 * 2 / 3.0;
        assertThat(LostPrecision.of(Matching.of(dataset, results, AT_HALF, 0.5)))
                .hasSize(2)
                .satisfiesExactly(
                        loss -> assertThat(loss).isCloseTo((first - before) / 101, within(1e-12)),
                        loss -> assertThat(loss).isCloseTo((second - before) / 101, within(1e-12)));
    }

    @Test
    void withoutObjectsNothingIsLost() throws CocoFormatException {
        CocoDataset dataset =
                CocoDataset.of(
                        List.of(new CocoImage(1, "", 99, 99)),
                        List.of(new CocoCategory(1, "cat", "")),
                        List.of());
        CocoResults results = CocoResults.builder().add(1, 1, new Box(0, 0, 9, 9), 0.9).build();
        assertThat(LostPrecision.of(Matching.of(dataset, results, AT_HALF, 0.5)))
                .containsExactly(0.0);
    }
}
