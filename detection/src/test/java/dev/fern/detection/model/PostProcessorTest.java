package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostProcessorTest {

    private static final int K = 3;

    private static final List<CocoCategory> CATEGORIES =
            IntStream.range(0, K)
                    .mapToObj(k -> new CocoCategory(k + 1, "category " + k, ""))
                    .toList();

    /** An image of 120 x 80, three quarters the size on a canvas that is larger still. */
    private static final Canvas CANVAS =
            new Canvas(new ImageSize(120, 80), new ImageSize(90, 60), new ImageSize(96, 64));

    private static final Anchors ANCHORS =
            new AnchorGenerator(AnchorParameters.ofBaseSize(12)).generate(64, 96);

    /** A candidate box on the canvas. */
    private record Candidate(float score, int category, double[] box) {

        double iou(Candidate other) {
            double width = Math.min(box[2], other.box[2]) - Math.max(box[0], other.box[0]);
            double height = Math.min(box[3], other.box[3]) - Math.max(box[1], other.box[1]);
            double both = Math.max(0, width) * Math.max(0, height);
            return both == 0 ? 0 : both / (area() + other.area() - both);
        }

        double area() {
            return (box[2] - box[0]) * (box[3] - box[1]);
        }
    }

    @ParameterizedTest(name = "score {0}, NMS {1}, {2} a level, {3} detections")
    @CsvSource({
        "0.05, 0.5, 1000, 100",
        "0.3, 0.5, 1000, 1000000",
        "0.05, 0.3, 20, 1000",
        "0.05, 0.9, 1000, 7",
        "0, 0.5, 1, 3",
        "0.6, 0, 1000, 100",
        "0.2, 1, 30, 60",
    })
    void detectionsAreThoseOfTheDefinition(
            double threshold, double nmsIou, int perLevel, int maxDetections) {
        PostProcessing parameters = new PostProcessing(threshold, nmsIou, perLevel, maxDetections);
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            assertDefined(parameters, outputs(2, random, x -> 2 * x - 1.5), seed % 2);
        }
    }

    @Test
    void equalScoresComeInTheOrderOfTheirAnchors() {
        PostProcessing parameters = new PostProcessing(0.05, 0.5, 50, 100);
        for (int seed = 0; seed < 4; seed++) {
            // The logits are -2, -1, 0, 1 and 2 only, hundreds of each.
            List<HeadOutput> outputs =
                    outputs(2, new Random(seed), x -> Math.max(-2, Math.min(2, Math.rint(x))));
            assertDefined(parameters, outputs, seed % 2);
        }
    }

    private static void assertDefined(
            PostProcessing parameters, List<HeadOutput> outputs, int image) {
        List<Detection> found =
                new PostProcessor(parameters).process(CATEGORIES, outputs, ANCHORS, image, CANVAS);
        List<Candidate> expected = defined(parameters, outputs, image);
        assertThat(found).isNotEmpty().hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            Detection detection = found.get(i);
            Candidate candidate = expected.get(i);
            assertThat(detection.score()).isEqualTo(candidate.score);
            assertThat(detection.category()).isEqualTo(candidate.category);
            // 4 image pixels are 3 canvas pixels.
            assertThat((double) detection.x1()).isCloseTo(candidate.box[0] / 0.75, within(1e-3));
            assertThat((double) detection.y1()).isCloseTo(candidate.box[1] / 0.75, within(1e-3));
            assertThat((double) detection.x2()).isCloseTo(candidate.box[2] / 0.75, within(1e-3));
            assertThat((double) detection.y2()).isCloseTo(candidate.box[3] / 0.75, within(1e-3));
        }
    }

    /** Takes torchvision's steps, one after another over whole lists. */
    private static List<Candidate> defined(
            PostProcessing parameters, List<HeadOutput> outputs, int image) {
        List<Candidate> candidates = new ArrayList<>();
        int anchor = 0;
        for (int l = 0; l < outputs.size(); l++) {
            Anchors.Level level = ANCHORS.levels().get(l);
            List<Candidate> ofLevel = new ArrayList<>();
            for (int row = 0; row < level.rows(); row++) {
                for (int column = 0; column < level.columns(); column++) {
                    for (int a = 0; a < 9; a++) {
                        double[] box = new double[4];
                        for (int k = 0; k < K; k++) {
                            float logit =
                                    at(outputs.get(l).logits(), level, image, a, K, k, row, column);
                            float score = (float) (1 / (1 + Math.exp(-logit)));
                            ofLevel.add(new Candidate(score, k, box));
                        }
                        double[] code = new double[4];
                        for (int j = 0; j < 4; j++) {
                            code[j] =
                                    at(outputs.get(l).codes(), level, image, a, 4, j, row, column);
                        }
                        decode(code, anchor++, box);
                    }
                }
            }
            ofLevel.removeIf(candidate -> candidate.score <= parameters.scoreThreshold());
            ofLevel.sort(byFallingScore());
            candidates.addAll(
                    ofLevel.subList(0, Math.min(parameters.candidatesPerLevel(), ofLevel.size())));
        }
        List<Candidate> kept = new ArrayList<>();
        for (int k = 0; k < K; k++) {
            int category = k;
            List<Candidate> left =
                    new ArrayList<>(
                            candidates.stream().filter(c -> c.category == category).toList());
            left.sort(byFallingScore());
            while (!left.isEmpty()) {
                Candidate best = left.remove(0);
                kept.add(best);
                left.removeIf(other -> best.iou(other) > parameters.nmsIou());
            }
        }
        kept.sort(byFallingScore().thenComparing(candidates::indexOf));
        return kept.subList(0, Math.min(parameters.maxDetections(), kept.size()));
    }

    /** Orders by falling score. Sorts are stable: equal scores stay in their order. */
    private static Comparator<Candidate> byFallingScore() {
        return Comparator.comparing(Candidate::score).reversed();
    }

    private static void decode(double[] code, int anchor, double[] box) {
        float[] a = Arrays.copyOfRange(ANCHORS.boxes(), 4 * anchor, 4 * anchor + 4);
        for (int axis = 0; axis < 2; axis++) {
            double side = a[axis + 2] - a[axis];
            double centre = (a[axis] + a[axis + 2]) / 2 + code[axis] * side;
            double half = side * Math.exp(Math.min(code[axis + 2], Math.log(62.5))) / 2;
            double limit = axis == 0 ? 90 : 60;
            box[axis] = Math.max(0, Math.min(limit, centre - half));
            box[axis + 2] = Math.max(0, Math.min(limit, centre + half));
        }
    }

    /** Returns an element of [N, H, W, A, perAnchor]. */
    private static float at(
            float[] values,
            Anchors.Level level,
            int n,
            int a,
            int perAnchor,
            int j,
            int row,
            int column) {
        int place = (n * level.rows() + row) * level.columns() + column;
        return values[(place * 9 + a) * perAnchor + j];
    }

    private static List<HeadOutput> outputs(
            int images, Random random, DoubleUnaryOperator logitOfGaussian) {
        List<HeadOutput> outputs = new ArrayList<>();
        for (Anchors.Level level : ANCHORS.levels()) {
            int places = level.rows() * level.columns();
            float[] logits = new float[images * 9 * K * places];
            float[] codes = new float[images * 9 * 4 * places];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = (float) logitOfGaussian.applyAsDouble(random.nextGaussian());
            }
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (float) random.nextGaussian();
            }
            outputs.add(new HeadOutput(logits, codes));
        }
        return outputs;
    }

    @Test
    void nothingAboveTheThresholdGivesNoDetections() {
        List<HeadOutput> outputs = outputs(1, new Random(1), x -> -30 + x);
        assertThat(process(PostProcessing.DEFAULT, outputs)).isEmpty();
        List<HeadOutput> certain = outputs(1, new Random(1), x -> 1000);
        assertThat(process(PostProcessing.DEFAULT.withScoreThreshold(1), certain)).isEmpty();
    }

    @Test
    void scoreAtTheThresholdIsNotAboveIt() {
        List<HeadOutput> half = outputs(1, new Random(1), x -> 0);
        assertThat(process(PostProcessing.DEFAULT.withScoreThreshold(0.5), half)).isEmpty();
    }

    @Test
    void logitsThatAreNoNumbersAreNoDetections() {
        List<HeadOutput> outputs = outputs(1, new Random(2), x -> 2 * x);
        List<HeadOutput> low = outputs(1, new Random(2), x -> 2 * x);
        for (int l = 0; l < outputs.size(); l++) {
            for (int i = 0; i < outputs.get(l).logits().length; i += 3) {
                outputs.get(l).logits()[i] = Float.NaN;
                low.get(l).logits()[i] = -100;
            }
        }
        assertThat(process(PostProcessing.DEFAULT, outputs))
                .isNotEmpty()
                .isEqualTo(process(PostProcessing.DEFAULT, low));
        List<HeadOutput> nothing = outputs(1, new Random(2), x -> Double.NaN);
        assertThat(process(PostProcessing.DEFAULT, nothing)).isEmpty();
    }

    @Test
    void codesThatAreNoNumbersGiveNoDetectionsAndInfiniteOnesStayInTheImage() {
        Random random = new Random(3);
        List<HeadOutput> outputs = outputs(1, random, x -> 2 * x);
        float[] odd = {
            Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f, -3e38f, 0
        };
        for (HeadOutput output : outputs) {
            for (int i = 0; i < output.codes().length; i++) {
                if (random.nextInt(3) == 0) {
                    output.codes()[i] = odd[random.nextInt(odd.length)];
                }
            }
        }
        List<Detection> found = process(PostProcessing.DEFAULT, outputs);
        assertThat(found).isNotEmpty();
        for (Detection detection : found) {
            assertThat(detection.x1()).isBetween(0f, detection.x2());
            assertThat(detection.y1()).isBetween(0f, detection.y2());
            assertThat(detection.x2()).isBetween(0f, 120f);
            assertThat(detection.y2()).isBetween(0f, 80f);
            assertThat(detection.score()).isBetween(0.05f, 1f);
        }
        for (HeadOutput output : outputs) {
            Arrays.fill(output.codes(), Float.NaN);
        }
        assertThat(process(PostProcessing.DEFAULT, outputs)).isEmpty();
    }

    @Test
    void sameBoxOfTwoCategoriesIsTwoDetections() {
        List<HeadOutput> outputs = outputs(1, new Random(4), x -> -50);
        HeadOutput last = outputs.get(4);
        // P7 has one place: logit of category k of anchor a is at a * K + k.
        last.logits()[0] = 3;
        last.logits()[2] = 2;
        // The next anchor is of the same ratio and a little larger; its code makes it the same box.
        last.logits()[K] = 1;
        Arrays.fill(last.codes(), 0, 8, 0);
        float ratio = side(ANCHORS, 0) / side(ANCHORS, 1);
        last.codes()[4 + 2] = (float) Math.log(ratio);
        last.codes()[4 + 3] = (float) Math.log(ratio);
        List<Detection> found = process(PostProcessing.DEFAULT, outputs);
        assertThat(found).extracting(Detection::category).containsExactly(0, 2);
        assertThat(found.get(0).x2()).isEqualTo(found.get(1).x2());
    }

    private static float side(Anchors anchors, int index) {
        int at = 4 * (anchors.levels().get(4).first() + index);
        return anchors.boxes()[at + 2] - anchors.boxes()[at];
    }

    private static List<Detection> process(PostProcessing parameters, List<HeadOutput> outputs) {
        return new PostProcessor(parameters).process(CATEGORIES, outputs, ANCHORS, 0, CANVAS);
    }

    @ParameterizedTest(name = "{0}, {1}, {2}, {3}")
    @CsvSource({
        "-0.1, 0.5, 1, 1",
        "1.1, 0.5, 1, 1",
        "NaN, 0.5, 1, 1",
        "0.5, 1.5, 1, 1",
        "0.5, NaN, 1, 1",
        "0.5, 0.5, 0, 1",
        "0.5, 0.5, 1, 0",
    })
    void settingsOutOfRangeAreRefused(
            double threshold, double nmsIou, int perLevel, int maxDetections) {
        assertThatThrownBy(() -> new PostProcessing(threshold, nmsIou, perLevel, maxDetections))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
