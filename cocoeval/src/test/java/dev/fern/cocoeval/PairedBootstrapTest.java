package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedBootstrapTest {
    private static final EvaluationParameters DEFAULTS = EvaluationParameters.defaults();
    private static final PairedBootstrap BOOTSTRAP = new PairedBootstrap(199, 7, 0.95);

    @Property(tries = 200, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aDrawEqualsADataSetInWhichTheDrawnImagesAreRepeated(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 9) int images,
            @ForAll @IntRange(min = 1, max = 3) int categories,
            @ForAll boolean useCats)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, categories);
        Random random = new Random(seed);
        // few scores, so that many detections tie, within an image and across images
        coco.detections.replaceAll(
                d ->
                        new CocoDetection(
                                d.imageId(), d.categoryId(), d.box(), random.nextInt(4) / 4.0));
        int[] copies = random.ints(images, 0, 4).toArray();
        EvaluationParameters parameters =
                EvaluationParameters.builder().maxDets(List.of(1, 2, 100)).useCats(useCats).build();
        MatchedResults matched = MatchedResults.match(coco.dataset(), coco.results(), parameters);
        Evaluation drawn = matched.evaluate(copies, matched.newArrays());
        Evaluation repeated = evaluateRepeated(coco, copies, parameters);
        assertThat(drawn.stats()).isEqualTo(repeated.stats());
        assertEqualWhereFilled(drawn.precision(), repeated.precision());
        assertEqualWhereFilled(drawn.recall(), repeated.recall());
        assertEqualWhereFilled(drawn.scores(), repeated.scores());
    }

    /** A draw is evaluated only where the twelve numbers look. */
    private static void assertEqualWhereFilled(double[] drawn, double[] repeated) {
        for (int i = 0; i < drawn.length; i++) {
            assertThat(drawn[i]).isIn(repeated[i], -1.0);
        }
    }

    /** Every image as often as it was drawn, under ids of its own, copies side by side. */
    private static Evaluation evaluateRepeated(
            RandomCoco coco, int[] copies, EvaluationParameters parameters)
            throws CocoFormatException {
        List<CocoImage> images = new ArrayList<>();
        List<CocoAnnotation> annotations = new ArrayList<>();
        List<CocoDetection> detections = new ArrayList<>();
        for (int i = 0; i < copies.length; i++) {
            long original = coco.images.get(i).id();
            for (int copy = 0; copy < copies[i]; copy++) {
                long id = images.size() + 1;
                images.add(new CocoImage(id, id + ".jpg", 640, 480));
                coco.annotations.stream()
                        .filter(a -> a.imageId() == original)
                        .map(
                                a ->
                                        new CocoAnnotation(
                                                1000 * id + a.id(),
                                                id,
                                                a.categoryId(),
                                                a.box(),
                                                a.area(),
                                                a.crowd()))
                        .forEach(annotations::add);
                coco.detections.stream()
                        .filter(d -> d.imageId() == original)
                        .map(d -> new CocoDetection(id, d.categoryId(), d.box(), d.score()))
                        .forEach(detections::add);
            }
        }
        return CocoEvaluator.evaluate(
                CocoDataset.of(images, coco.categories, annotations),
                RandomCoco.results(detections),
                parameters);
    }

    /**
     * A finds the object of image 1 alone, B both. Of two images drawn, A finds 2, 1 or 0 with
     * chances of 1/4, 1/2 and 1/4, which makes AP 1, 51/101 (recalls 0 to .5) or 0; B's is 1.
     */
    @Test
    void theSpreadOverAllDrawsOfTwoImagesIsTheOneWorkedOutByHand() throws CocoFormatException {
        Box box = new Box(10, 10, 50, 50);
        CocoDataset dataset =
                CocoDataset.of(
                        List.of(
                                new CocoImage(1, "1.jpg", 640, 480),
                                new CocoImage(2, "2.jpg", 640, 480)),
                        List.of(new CocoCategory(1, "cat", ""), new CocoCategory(2, "dog", "")),
                        List.of(
                                new CocoAnnotation(1, 1, 1, box, 2500, false),
                                new CocoAnnotation(2, 2, 1, box, 2500, false)));
        CocoResults a = CocoResults.builder().add(1, 1, box, 0.5).build();
        CocoResults b = CocoResults.builder().add(1, 1, box, 0.5).add(2, 1, box, 0.5).build();
        int resamples = 3999;
        Comparison comparison =
                new PairedBootstrap(resamples, 1, 0.95).compare(dataset, a, b, DEFAULTS);
        Difference ap = comparison.metrics().get(CocoMetric.AP);
        assertThat(ap.a()).isCloseTo(51 / 101.0, within(1e-12));
        assertThat(ap.b()).isCloseTo(1, within(1e-12));
        assertThat(ap.difference()).isCloseTo(50 / 101.0, within(1e-12));
        assertThat(ap.low()).isZero();
        assertThat(ap.high()).isCloseTo(1, within(1e-12));
        // 2 (1 + 4000/4) / 4000, four standard deviations allowed
        double deviation = 2 * Math.sqrt(resamples * 0.25 * 0.75) / (resamples + 1);
        assertThat(ap.pValue()).isCloseTo(0.5, within(4 * deviation));
        assertThat(ap.resamples()).isEqualTo(resamples);
        assertThat(comparison.categories().get(0).metrics().get(CocoMetric.AP)).isEqualTo(ap);

        Difference small = comparison.metrics().get(CocoMetric.AP_SMALL);
        Difference dog = comparison.categories().get(1).metrics().get(CocoMetric.AP50);
        for (Difference undefined : List.of(small, dog)) {
            assertThat(undefined.a()).isEqualTo(-1);
            assertThat(undefined.difference()).isNaN();
            assertThat(undefined.pValue()).isNaN();
            assertThat(undefined.resamples()).isZero();
        }
    }

    /**
     * There is one image. In the first pair of runs only B finds its object, in the second both do:
     * drawing two pairs out of two makes the mean difference 1, 1/2 or 0, with chances of 1/4, 1/2
     * and 1/4.
     */
    @Test
    void runsAreDrawnInPairs() throws CocoFormatException {
        Box box = new Box(10, 10, 50, 50);
        CocoDataset dataset =
                CocoDataset.of(
                        List.of(new CocoImage(1, "1.jpg", 640, 480)),
                        List.of(new CocoCategory(1, "cat", "")),
                        List.of(new CocoAnnotation(1, 1, 1, box, 2500, false)));
        CocoResults found = CocoResults.builder().add(1, 1, box, 0.5).build();
        CocoResults nothing = CocoResults.builder().build();
        int resamples = 3999;
        Difference ap =
                new PairedBootstrap(resamples, 1, 0.95)
                        .compare(dataset, List.of(nothing, found), List.of(found, found), DEFAULTS)
                        .metrics()
                        .get(CocoMetric.AP);
        assertThat(ap.a()).isCloseTo(0.5, within(1e-12));
        assertThat(ap.b()).isCloseTo(1, within(1e-12));
        assertThat(ap.difference()).isCloseTo(0.5, within(1e-12));
        assertThat(ap.low()).isZero();
        assertThat(ap.high()).isCloseTo(1, within(1e-12));
        // 2 (1 + 4000/4) / 4000, four standard deviations allowed
        double deviation = 2 * Math.sqrt(resamples * 0.25 * 0.75) / (resamples + 1);
        assertThat(ap.pValue()).isCloseTo(0.5, within(4 * deviation));
    }

    @Test
    void equalRunsTellNoMoreThanOne() throws CocoFormatException {
        RandomCoco coco = new RandomCoco(9, 12, 2);
        CocoResults half =
                RandomCoco.results(coco.detections.subList(0, coco.detections.size() / 2));
        CocoDataset dataset = coco.dataset();
        CocoResults all = coco.results();
        assertThat(BOOTSTRAP.compare(dataset, List.of(all, all), List.of(half, half), DEFAULTS))
                .isEqualTo(BOOTSTRAP.compare(dataset, all, half, DEFAULTS));
    }

    @Test
    void runsWithoutPartnersAreRefused() throws CocoFormatException {
        RandomCoco coco = new RandomCoco(9, 2, 1);
        CocoDataset dataset = coco.dataset();
        CocoResults run = coco.results();
        assertThatThrownBy(
                        () -> BOOTSTRAP.compare(dataset, List.of(run), List.of(run, run), DEFAULTS))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BOOTSTRAP.compare(dataset, List.of(), List.of(), DEFAULTS))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void intervalAndPValueAreThoseCountedByHand() {
        // -1, 0, 1, ..., 37: floor(40 * 0.1 / 2) = 2nd lowest and highest; two at most 0
        double[] resampled = new double[39];
        for (int i = 0; i < 39; i++) {
            resampled[i] = 37 - i;
        }
        Difference difference = Difference.of(0.25, 0.5, resampled, 0.9);
        assertThat(difference).isEqualTo(new Difference(0.25, 0.5, 0.25, 0, 36, 2 * 3 / 40.0, 39));
    }

    @Test
    void nothingDiffersFromItself() throws CocoFormatException {
        RandomCoco coco = new RandomCoco(5, 20, 3);
        Comparison comparison =
                BOOTSTRAP.compare(coco.dataset(), coco.results(), coco.results(), DEFAULTS);
        assertThat(comparison.metrics()).hasSize(12);
        assertThat(comparison.categories()).hasSize(3);
        comparison.metrics().values().stream()
                .filter(difference -> difference.a() != -1)
                .forEach(
                        d -> {
                            assertThat(List.of(d.difference(), d.low(), d.high()))
                                    .containsOnly(0.0);
                            assertThat(d.pValue()).isEqualTo(1);
                        });
    }

    @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void exchangingTheTwoNegates(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int images)
            throws CocoFormatException {
        RandomCoco coco = new RandomCoco(seed, images, 2);
        CocoResults half =
                RandomCoco.results(coco.detections.subList(0, coco.detections.size() / 2));
        CocoDataset dataset = coco.dataset();
        Comparison forth = BOOTSTRAP.compare(dataset, coco.results(), half, DEFAULTS);
        Comparison back = BOOTSTRAP.compare(dataset, half, coco.results(), DEFAULTS);
        forth.metrics()
                .forEach(
                        (metric, f) -> {
                            Difference b = back.metrics().get(metric);
                            // 0 - x for -x, since -0.0 equals no 0.0
                            assertThat(f)
                                    .isEqualTo(
                                            new Difference(
                                                    b.b(),
                                                    b.a(),
                                                    0 - b.difference(),
                                                    0 - b.high(),
                                                    0 - b.low(),
                                                    b.pValue(),
                                                    b.resamples()));
                        });
    }

    @Test
    void theSeedAloneDecidesWhateverTheNumberOfThreads() throws Exception {
        RandomCoco coco = new RandomCoco(3, 30, 4);
        CocoResults half =
                RandomCoco.results(coco.detections.subList(0, coco.detections.size() / 2));
        List<Comparison> comparisons = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                comparisons.add(
                        pool.submit(
                                        () ->
                                                BOOTSTRAP.compare(
                                                        coco.dataset(),
                                                        coco.results(),
                                                        half,
                                                        DEFAULTS))
                                .get());
            } finally {
                pool.shutdown();
            }
        }
        assertThat(comparisons.get(1)).isEqualTo(comparisons.get(0));
        assertThat(comparisons.get(2)).isEqualTo(comparisons.get(0));
        Comparison other =
                new PairedBootstrap(199, 8, 0.95)
                        .compare(coco.dataset(), coco.results(), half, DEFAULTS);
        assertThat(other.metrics()).isNotEqualTo(comparisons.get(0).metrics());
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 1",
        "1000, 0",
        "1000, NaN",
        "1000, -0.5",
        "38, 0.95",
        "0, 0.95",
        "2000000, 0.95"
    })
    void settingsThatGiveNoIntervalAreRefused(int resamples, double confidence) {
        assertThatThrownBy(() -> new PairedBootstrap(resamples, 1, confidence))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
