package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoDetection;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.AugmentationParameters;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.RetinaNet;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.verify.BatchIndependence;
import dev.fern.detection.verify.BatchIndependence.TrainingDeviation;
import dev.fern.detection.verify.BatchLeak;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Holds Fern to what it is for: what is found in an image, and what is learned from it, does not
 * depend on the images that share its batch. Batch Normalization goes through the same checks to
 * show that they can fail.
 */
@Tag("engine")
class BatchIndependenceTest {

    private static final CanvasRule RULE = new CanvasRule(120, 160);
    private static final ImageReader READER = ImageReader.standard();

    /** Eight images of one size with their boxes. */
    enum Images {
        PHOTOGRAPHS {
            @Override
            DetectionDataset open(Path folder) throws IOException {
                Path shared = Path.of(System.getProperty("fern.shared", "../shared"), "data/bccd");
                Assumptions.assumeTrue(
                        Files.isDirectory(shared), "skipped: no photographs at " + shared);
                return DetectionDataset.of(
                                CocoDataset.read(shared.resolve("annotations/instances_val.json")),
                                new ImageFolder(shared.resolve("val")),
                                READER,
                                false)
                        .subset(8);
            }
        },
        DRAWINGS {
            @Override
            DetectionDataset open(Path folder) throws IOException {
                RectangleFolder drawings = new RectangleFolder(folder);
                for (int id = 1; id <= 8; id++) {
                    drawings.image(id, 320, 240, id % 4);
                }
                return drawings.dataset();
            }
        };

        abstract DetectionDataset open(Path folder) throws IOException;
    }

    @TempDir Path folder;

    private static Detector detector(String norm) {
        return TinyDetectors.lively(
                TinyDetectors.configuration(norm, RULE, new PostProcessing(0.05, 0.5, 1000, 100)),
                11);
    }

    private static Batch batch(DetectionDataset dataset, int... indices) throws IOException {
        return new LabelledBatches(dataset, RULE).decode(indices);
    }

    @ParameterizedTest
    @EnumSource
    void detectionsAreTheSameAloneAndInAnyBatch(Images images) throws IOException {
        DetectionDataset dataset = images.open(folder);
        int[][] batches = {
            {0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}, {3, 6}, {5, 1, 4}, {2, 2, 0, 2, 7}
        };
        try (Detector detector = detector("frn")) {
            List<List<Detection>> alone = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                alone.add(detect(detector, dataset, i).get(0));
                assertThat(alone.get(i)).hasSizeGreaterThan(20);
            }
            for (int[] batch : batches) {
                List<List<Detection>> together = detect(detector, dataset, batch);
                for (int n = 0; n < batch.length; n++) {
                    assertSame(together.get(n), alone.get(batch[n]));
                }
            }
        }
    }

    private List<List<Detection>> detect(
            Detector detector, DetectionDataset dataset, int... indices) throws IOException {
        try (Batch batch = batch(dataset, indices)) {
            return detector.detect(batch.pixels(), canvases(batch));
        }
    }

    private static List<Canvas> canvases(Batch batch) {
        return batch.items().stream().map(Batch.Item::canvas).toList();
    }

    /** Asserts equality to 1e-4, whatever the order of detections whose scores are that near. */
    private static void assertSame(List<Detection> found, List<Detection> expected) {
        assertThat(found).hasSameSizeAs(expected);
        List<Detection> left = new ArrayList<>(found);
        for (Detection detection : expected) {
            assertThat(left).anyMatch(other -> same(detection, other));
            left.remove(left.stream().filter(o -> same(detection, o)).findFirst().orElseThrow());
        }
    }

    private static boolean same(Detection a, Detection b) {
        return a.category() == b.category()
                && near(a.score(), b.score())
                && near(a.x1(), b.x1())
                && near(a.y1(), b.y1())
                && near(a.x2(), b.x2())
                && near(a.y2(), b.y2());
    }

    private static boolean near(double a, double b) {
        return Math.abs(a - b) < 1e-4 * Math.max(1, Math.abs(b));
    }

    @ParameterizedTest
    @EnumSource
    void outputsOfATrainingPassDoNotDependOnTheBatchUnlessNormsDo(Images images)
            throws IOException {
        PlannedBatch batch = eight(images.open(folder));
        for (String norm : List.of("frn", "gn4", "frozen-bn")) {
            try (Detector detector = detector(norm)) {
                assertThat(measuring(detector).outputs(batch)).as(norm).isLessThan(1e-4);
            }
        }
        try (Detector detector = detector("bn")) {
            assertThat(measuring(detector).outputs(batch)).isGreaterThan(0.05);
        }
    }

    private static PlannedBatch eight(DetectionDataset dataset) {
        return BatchSampler.sequential(dataset, 8, RULE).batches().get(0);
    }

    private static BatchIndependence measuring(Detector detector) {
        return new BatchIndependence(
                detector,
                LabelledBatches.LOSS,
                Matcher.retinaNet(),
                new BatchDecoder(READER, detector.configuration().normalization()));
    }

    @ParameterizedTest
    @EnumSource
    void gradientOfABatchIsTheMeanOfItsImagesGradientsUnlessNormsMixThem(Images images)
            throws IOException {
        PlannedBatch batch = eight(images.open(folder));
        for (String norm : List.of("frn", "gn4", "frozen-bn")) {
            try (Detector detector = detector(norm)) {
                TrainingDeviation deviation = measuring(detector).training(batch);
                assertThat(deviation.loss()).as(norm).isLessThan(1e-5);
                assertThat(deviation.gradients()).as(norm).isLessThan(1e-4);
                assertThat(deviation.step()).as(norm).isLessThan(1e-5);
            }
        }
        try (Detector detector = detector("bn")) {
            TrainingDeviation deviation = measuring(detector).training(batch);
            assertThat(deviation.loss()).isGreaterThan(0.001);
            assertThat(deviation.gradients()).isGreaterThan(0.05);
            assertThat(deviation.step()).isGreaterThan(0.05);
        }
    }

    @Test
    void otherNormsAreAsIndependentOfTheBatchAsTheySay() throws IOException {
        PlannedBatch batch = eight(Images.DRAWINGS.open(folder));
        for (String norm : List.of("frn-relu", "gn4-tlu", "ln", "in")) {
            try (Detector detector = detector(norm)) {
                assertThat(measuring(detector).outputs(batch)).as(norm).isLessThan(1e-4);
            }
        }
        try (Detector detector = detector("bn-tlu")) {
            assertThat(measuring(detector).outputs(batch)).isGreaterThan(0.05);
        }
        try (Detector detector = detector("brn")) {
            assertThat(measuring(detector).training(batch).gradients()).isGreaterThan(0.05);
        }
    }

    @Test
    void everyPlaceWhereABatchLeaksIsMeasuredAndTheModelIsLeftAsItWas() throws IOException {
        DetectionDataset dataset = mixedSizes();
        for (String norm : List.of("frn", "bn")) {
            try (Detector detector = detector(norm)) {
                Map<String, Tensor> before = detector.copyParameters();
                List<Integer> done = new ArrayList<>();
                Map<BatchLeak, Double> deviations =
                        measuring(detector)
                                .measure(BatchSampler.sequential(dataset, 3, RULE), done::add);
                assertThat(deviations).containsOnlyKeys(BatchLeak.values());
                Set<BatchLeak> open = EnumSet.noneOf(BatchLeak.class);
                deviations.forEach(
                        (leak, deviation) -> {
                            if (!leak.isClosed(deviation)) {
                                open.add(leak);
                            }
                        });
                assertThat(open)
                        .isEqualTo(
                                norm.equals("frn")
                                        ? Set.of()
                                        : Set.of(
                                                BatchLeak.NORMALISER,
                                                BatchLeak.LOSS,
                                                BatchLeak.GRADIENTS,
                                                BatchLeak.STEP));
                assertThat(done).isSorted().endsWith(dataset.samples().size());
                detector.copyParameters()
                        .forEach(
                                (name, tensor) ->
                                        assertThat(tensor.data())
                                                .as(name)
                                                .isEqualTo(before.get(name).data()));
            }
        }
    }

    @Test
    void lossThatIsNotFiniteIsNoSmallDeviation() throws IOException {
        try (Detector detector = detector("frn")) {
            Map<String, Tensor> broken = detector.copyParameters();
            Arrays.fill(broken.get("regression.output.bias").data(), Float.NaN);
            ParameterValues.assign(detector.network(), broken);
            BatchIndependence measuring = measuring(detector);
            PlannedBatch batch = eight(Images.DRAWINGS.open(folder));
            TrainingDeviation deviation = measuring.training(batch);
            assertThat(BatchLeak.NORMALISER.isClosed(measuring.outputs(batch))).isFalse();
            assertThat(BatchLeak.LOSS.isClosed(deviation.loss())).isFalse();
            assertThat(BatchLeak.GRADIENTS.isClosed(deviation.gradients())).isFalse();
            assertThat(BatchLeak.STEP.isClosed(deviation.step())).isFalse();
        }
    }

    @Test
    void canvasOfAnImageIsItsOwnWhateverElseIsInTheDataSet() throws IOException {
        DetectionDataset dataset = mixedSizes();
        for (int batchSize = 1; batchSize <= 4; batchSize++) {
            BatchSampler sampler =
                    new BatchSampler(dataset, batchSize, RULE, AugmentationParameters.DEFAULT, 3);
            for (PlannedBatch batch : sampler.epoch(0).batches()) {
                for (PlannedImage image : batch.images()) {
                    ImageSize size = image.sample().size();
                    assertThat(image.augmentation().canvas())
                            .isEqualTo(RULE.canvas(size.width(), size.height()));
                }
            }
        }
    }

    @Test
    void detectionsAreTheSameAmongImagesOfOtherSizes() throws Exception {
        DetectionDataset dataset = mixedSizes();
        try (Detector detector = detector("frn")) {
            Map<Long, List<Detection>> together = byImage(detector, dataset, 4);
            assertThat(together).hasSize(dataset.samples().size());
            for (int i = 0; i < dataset.samples().size(); i++) {
                long id = dataset.samples().get(i).imageId();
                List<Path> file = List.of(dataset.samples().get(i).path());
                Map<Long, List<Detection>> alone =
                        byImage(detector, DetectionDataset.unlabelled(file, READER, false), 1);
                assertSame(together.get(id), alone.get(1L));
            }
        }
    }

    private DetectionDataset mixedSizes() throws IOException {
        RectangleFolder drawings = new RectangleFolder(folder);
        int[][] sizes = {{320, 240}, {300, 100}, {120, 300}, {320, 230}, {90, 90}, {310, 240}};
        for (int i = 0; i < 2 * sizes.length; i++) {
            int[] size = sizes[i % sizes.length];
            drawings.image(10 + i, size[0], size[1], 2);
        }
        return drawings.dataset();
    }

    private static Map<Long, List<Detection>> byImage(
            Detector detector, DetectionDataset dataset, int batchSize) throws Exception {
        Map<Long, List<Detection>> byImage = new LinkedHashMap<>();
        for (CocoDetection result :
                DatasetDetection.run(
                                detector,
                                dataset,
                                batchSize,
                                new LoaderOptions(1, 2, false),
                                done -> {},
                                bad -> {})
                        .detections()) {
            byImage.computeIfAbsent(result.imageId(), id -> new ArrayList<>())
                    .add(
                            TinyDetectors.detection(
                                    (float) result.box().x(),
                                    (float) result.box().y(),
                                    (float) result.box().x2(),
                                    (float) result.box().y2(),
                                    (int) result.categoryId(),
                                    (float) result.score()));
        }
        return byImage;
    }

    /** The canvas matters because zeros beside an image count in FRN's statistic. */
    @Test
    void paddingToALargerCanvasWouldChangeTheOutputs() throws IOException {
        DetectionDataset dataset = mixedSizes();
        PlannedImage image =
                BatchSampler.sequential(dataset, 1, RULE).batches().get(0).images().get(0);
        ImageSize own = image.augmentation().canvas().size();
        try (Detector detector = detector("frn")) {
            BatchIndependence measuring = measuring(detector);
            assertThat(measuring.padding(image, own)).isZero();
            assertThat(measuring.padding(image, new ImageSize(own.width() + 64, own.height() + 32)))
                    .isGreaterThan(0.01);
        }
    }

    /** Without FRN the outputs would change at the border only. */
    @Test
    void paddingToALargerCanvasWouldChangeTheOutputsInTheMiddleOfTheImageToo() {
        Random random = new Random(1);
        try (Detector detector = detector("frn");
                NDManager manager = detector.manager().newSubManager()) {
            float[] own = new float[3 * 64 * 96];
            float[] padded = new float[3 * 128 * 160];
            for (int i = 0; i < own.length; i++) {
                own[i] = (float) random.nextGaussian();
                padded[(i / (64 * 96) * 128 + i / 96 % 64) * 160 + i % 96] = own[i];
            }
            float[] scores = firstLogits(detector, manager.create(own, new Shape(1, 3, 64, 96)));
            float[] other =
                    firstLogits(detector, manager.create(padded, new Shape(1, 3, 128, 160)));
            // This place is in the middle of the image, far from its borders.
            double difference = 0;
            for (int channel = 0; channel < 18; channel++) {
                difference =
                        Math.max(
                                difference,
                                Math.abs(
                                        scores[(channel * 8 + 4) * 12 + 6]
                                                - other[(channel * 16 + 4) * 20 + 6]));
            }
            assertThat(difference).isGreaterThan(0.01);
        }
    }

    private static float[] firstLogits(Detector detector, NDArray input) {
        return RetinaNet.read(
                        detector.network()
                                .forward(detector.parameterStore(), new NDList(input), false))
                .get(0)
                .logits();
    }
}
