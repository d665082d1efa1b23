package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** What holds for any data set. */
class EvaluationPropertyTest {
    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void theOrderOfTheFilesDoesNotMatterWithoutTies(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 12) int images,
            @ForAll @IntRange(min = 1, max = 4) int categories)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, categories);
        Evaluation before = CocoEvaluator.evaluate(coco.dataset(), coco.results());
        Random random = new Random(seed);
        Collections.shuffle(coco.images, random);
        Collections.shuffle(coco.categories, random);
        Collections.shuffle(coco.annotations, random);
        Collections.shuffle(coco.detections, random);
        Evaluation after = CocoEvaluator.evaluate(coco.dataset(), coco.results());
        assertThat(after.precision()).isEqualTo(before.precision());
        assertThat(after.recall()).isEqualTo(before.recall());
        assertThat(after.scores()).isEqualTo(before.scores());
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aPerfectDetectorScoresOne(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 3);
        List<CocoDetection> perfect = new ArrayList<>();
        for (CocoAnnotation truth : coco.annotations) {
            if (!truth.crowd()) {
                double score = 1 - perfect.size() / 1000.0;
                perfect.add(
                        new CocoDetection(truth.imageId(), truth.categoryId(), truth.box(), score));
            }
        }
        Evaluation evaluation = CocoEvaluator.evaluate(coco.dataset(), RandomCoco.results(perfect));
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            boolean isCut = metric == CocoMetric.AR1;
            double stat = evaluation.stat(metric);
            if (!isCut && stat != -1) {
                assertThat(stat).as(metric.label()).isCloseTo(1, within(1e-12));
            }
        }
        assertThat(evaluation.stat(CocoMetric.AP) == -1).isEqualTo(perfect.isEmpty());
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aFalseDetectionNeverRaisesPrecision(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 12) int images,
            @ForAll @IntRange(min = 5, max = 200) int size)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 2);
        Evaluation before = CocoEvaluator.evaluate(coco.dataset(), coco.results());
        Box far = new Box(10_000, 10_000, size, size);
        double score = new Random(seed).nextDouble();
        coco.detections.add(new CocoDetection(coco.images.get(0).id(), 1, far, score));
        Evaluation after = CocoEvaluator.evaluate(coco.dataset(), coco.results());
        for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
            assertThat(after.stat(metric))
                    .as(metric.label())
                    .isLessThanOrEqualTo(before.stat(metric));
        }
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void withOneCategoryItDoesNotMatterWhetherCategoriesAreUsed(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 1);
        Evaluation ordinary = CocoEvaluator.evaluate(coco.dataset(), coco.results());
        Evaluation agnostic =
                CocoEvaluator.evaluate(
                        coco.dataset(),
                        coco.results(),
                        EvaluationParameters.builder().useCats(false).build());
        assertThat(agnostic.precision()).isEqualTo(ordinary.precision());
        assertThat(agnostic.recall()).isEqualTo(ordinary.recall());
        assertThat(agnostic.scores()).isEqualTo(ordinary.scores());
    }
}
