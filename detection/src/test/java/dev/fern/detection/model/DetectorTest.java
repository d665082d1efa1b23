package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoDetection;
import dev.fern.cocoeval.CocoResults;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
class DetectorTest {

    private static final CanvasRule RULE = new CanvasRule(48, 64);

    @TempDir Path folder;

    @Test
    void imageAndBatchOfOneAreTheSame() throws IOException {
        Path file = TestImages.write(folder.resolve("a.png"), 70, 50, 3);
        try (Detector detector = detector();
                BgrImage image = ImageReader.standard().read(file)) {
            Canvas canvas = RULE.canvas(70, 50);
            FloatBuffer pixels = FloatBuffer.allocate(ImageTransform.length(canvas));
            new ImageTransform(detector.configuration().normalization())
                    .write(image, canvas, pixels, 0);
            List<Detection> found = detector.detect(image);
            assertThat(found)
                    .isNotEmpty()
                    .isEqualTo(detector.detect(pixels, List.of(canvas)).get(0));
            for (Detection detection : found) {
                assertThat(detection.x1()).isBetween(0f, detection.x2());
                assertThat(detection.x2()).isBetween(0f, 70f + 1e-3f);
                assertThat(detection.y2()).isBetween(0f, 50f + 1e-3f);
            }
            assertThat(found).extracting(Detection::category).contains(0, 1);
        }
    }

    @Test
    void aBatchWhosePixelsAreNotThoseOfItsCanvasesIsRefused() {
        Canvas canvas = RULE.canvas(70, 50);
        Canvas other = new CanvasRule(96, 128).canvas(70, 50);
        int length = ImageTransform.length(canvas);
        try (Detector detector = detector()) {
            assertThat(detector.detect(FloatBuffer.allocate(0), List.of())).isEmpty();
            assertThatThrownBy(
                            () ->
                                    detector.detect(
                                            FloatBuffer.allocate(2 * length),
                                            List.of(canvas, other)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the canvases of a batch differ in size");
            for (int wrong : new int[] {0, length - 1, length + 1}) {
                assertThatThrownBy(
                                () -> detector.detect(FloatBuffer.allocate(wrong), List.of(canvas)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("1 canvases have " + length + " values, not " + wrong);
            }
        }
    }

    @Test
    void dataSetIsDetectedImageByImageWithTheCategoriesOwnIds() throws Exception {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            // Five sizes, some on canvases of one size.
            files.add(
                    TestImages.write(
                            folder.resolve(i + ".png"), i % 2 == 0 ? 64 : 40, 48 + i % 3, i));
        }
        ImageReader reader = ImageReader.standard();
        try (Detector detector = detector()) {
            List<Integer> progress = new ArrayList<>();
            CocoResults results =
                    DatasetDetection.run(
                            detector,
                            DetectionDataset.unlabelled(files, reader, false),
                            3,
                            new LoaderOptions(1, 2, false),
                            progress::add,
                            bad -> {});
            assertThat(progress).last().isEqualTo(5);
            assertThat(progress).isSorted();
            Map<Long, List<CocoDetection>> byImage =
                    results.detections().stream()
                            .collect(Collectors.groupingBy(CocoDetection::imageId));
            assertThat(byImage).hasSize(5);
            for (int i = 0; i < 5; i++) {
                try (BgrImage image = reader.read(files.get(i))) {
                    assertEqual(byImage.get(i + 1L), detector.detect(image));
                }
            }
        }
    }

    @Test
    void detectionAfterDetectionUsesTheSameBuffers() throws Exception {
        int side = 256;
        CanvasRule rule = new CanvasRule(side, side);
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            files.add(TestImages.write(folder.resolve(i + ".png"), side, side, i));
        }
        ImageReader reader = ImageReader.standard();
        DetectionDataset images = DetectionDataset.unlabelled(files, reader, false);
        try (Detector detector =
                        Detector.create(
                                TinyDetectors.configuration("frn", rule, PostProcessing.DEFAULT),
                                TinyDetectors.ENGINE,
                                1);
                BgrImage image = reader.read(files.get(0))) {
            int imageBytes = ImageTransform.length(rule.canvas(side, side)) * Float.BYTES;
            long before = 0;
            for (int run = 0; run < 12; run++) {
                if (run == 2) {
                    before = directBytes();
                }
                DatasetDetection.run(
                        detector, images, 1, new LoaderOptions(1, 2, false), done -> {}, bad -> {});
                detector.detect(image);
            }
            // The loader may have been further ahead than before, but not by all of the 70 images.
            assertThat(directBytes() - before).isLessThan(5L * imageBytes);
        }
    }

    /** Returns the memory of the direct buffers that the garbage collector has not freed. */
    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static void assertEqual(List<CocoDetection> results, List<Detection> detections) {
        assertThat(results).hasSameSizeAs(detections);
        for (int i = 0; i < results.size(); i++) {
            CocoDetection result = results.get(i);
            Detection detection = detections.get(i);
            assertThat(result.categoryId()).isEqualTo(detection.category() == 0 ? 3 : 8);
            assertThat(result.score()).isCloseTo(detection.score(), within(1e-5));
            assertThat(result.box().x()).isCloseTo(detection.x1(), within(1e-3));
            assertThat(result.box().y()).isCloseTo(detection.y1(), within(1e-3));
            assertThat(result.box().x2()).isCloseTo(detection.x2(), within(1e-3));
            assertThat(result.box().y2()).isCloseTo(detection.y2(), within(1e-3));
        }
    }

    @Test
    void parametersDependOnTheSeedAlone() {
        DetectorConfiguration configuration =
                TinyDetectors.configuration("frn", RULE, PostProcessing.DEFAULT);
        try (Detector one = Detector.create(configuration, TinyDetectors.ENGINE, 1);
                Detector again = Detector.create(configuration, TinyDetectors.ENGINE, 1);
                Detector other = Detector.create(configuration, TinyDetectors.ENGINE, 2)) {
            assertThat(one.copyParameters()).isEqualTo(again.copyParameters());
            assertThat(one.copyParameters()).isNotEqualTo(other.copyParameters());
        }
    }

    @Test
    void headDeviationIsThatOfTheHeadsInnerConvolutionsAlone() {
        DetectorConfiguration configuration =
                TinyDetectors.configuration("frn", RULE, PostProcessing.DEFAULT);
        try (Detector usual = Detector.create(configuration, TinyDetectors.ENGINE, 1);
                Detector wider = TinyDetectors.create(configuration, 1, 0.08)) {
            Map<String, Tensor> expected = usual.copyParameters();
            int scaled = 0;
            for (Map.Entry<String, Tensor> entry : wider.copyParameters().entrySet()) {
                float[] values = expected.get(entry.getKey()).data();
                if (entry.getKey().matches("(classification|regression).conv\\d.weight")) {
                    for (int i = 0; i < values.length; i++) {
                        values[i] *= 8;
                    }
                    scaled++;
                }
                assertThat(entry.getValue().data())
                        .as(entry.getKey())
                        .usingComparatorWithPrecision(1e-6f)
                        .containsExactly(values);
            }
            assertThat(scaled).isPositive();
        }
    }

    @Test
    void headDeviationOfZeroIsThatOfHe() {
        DetectorConfiguration configuration =
                TinyDetectors.configuration("frn", RULE, PostProcessing.DEFAULT);
        int channels = configuration.architecture().pyramid().pyramidChannels();
        try (Detector he = TinyDetectors.create(configuration, 1, 0);
                Detector same =
                        TinyDetectors.create(configuration, 1, Math.sqrt(2.0 / (9 * channels)))) {
            assertThat(he.copyParameters()).isEqualTo(same.copyParameters());
        }
    }

    /** MXNet lays weights out anew for inference. */
    @Test
    void parametersCanBeSetAfterADetection() throws IOException {
        DetectorConfiguration configuration =
                TinyDetectors.configuration("frn", RULE, PostProcessing.DEFAULT);
        Path file = TestImages.write(folder.resolve("a.png"), 64, 48, 3);
        try (Detector one = Detector.create(configuration, TinyDetectors.ENGINE, 1);
                Detector other = Detector.create(configuration, TinyDetectors.ENGINE, 2);
                BgrImage image = ImageReader.standard().read(file)) {
            one.detect(image);
            ParameterValues.assign(one.network(), other.copyParameters());
            assertThat(one.copyParameters()).isEqualTo(other.copyParameters());
            assertThat(one.detect(image)).isEqualTo(other.detect(image));
        }
    }

    @Test
    void freshDetectorScoresEverythingLow() throws IOException {
        Path file = TestImages.write(folder.resolve("a.png"), 64, 48, 3);
        // The paper's prior: every score is about 0.01.
        try (Detector detector =
                        Detector.create(
                                TinyDetectors.configuration(
                                        "frn", RULE, new PostProcessing(0.001, 1, 1000, 1000)),
                                TinyDetectors.ENGINE,
                                4);
                BgrImage image = ImageReader.standard().read(file)) {
            List<Detection> found = detector.detect(image);
            assertThat(found).isNotEmpty();
            assertThat(found.get(0).score()).isBetween(0.009f, 0.02f);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "classification, NaN",
        "classification, Infinity",
        "classification, -Infinity",
        "regression, NaN",
        "regression, Infinity"
    })
    void outputsThatAreNotFiniteAreAnErrorAndNoEmptyList(String head, float bias) throws Exception {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            files.add(TestImages.write(folder.resolve(i + ".png"), 64, 48, i));
        }
        ImageReader reader = ImageReader.standard();
        DetectionDataset images = DetectionDataset.unlabelled(files, reader, true);
        try (Detector detector = detector();
                BgrImage image = reader.read(files.get(0))) {
            Map<String, Tensor> parameters = detector.copyParameters();
            parameters.get(head + ".output.bias").data()[0] = bias;
            ParameterValues.assign(detector.network(), parameters);
            assertThatThrownBy(() -> detector.detect(image))
                    .isInstanceOf(NonFiniteOutputException.class)
                    .hasMessage(
                            "the network's outputs are not finite; the model is damaged or its"
                                    + " training diverged");
            assertThatThrownBy(
                            () ->
                                    DatasetDetection.run(
                                            detector,
                                            images,
                                            2,
                                            new LoaderOptions(1, 2, true),
                                            done -> {},
                                            bad -> {}))
                    .isInstanceOf(NonFiniteOutputException.class)
                    .hasMessageStartingWith(files.get(0) + ": the network's outputs are not");
        }
    }

    @Test
    void anOutputThatIsNotFiniteIsThatOfItsImage() {
        float[] outputs = {1, -3e38f, 2, Float.NaN, 3, Float.MIN_VALUE};
        NonFiniteOutputException.requireFinite(outputs, 3, 0);
        NonFiniteOutputException.requireFinite(outputs, 3, 2);
        assertThatThrownBy(() -> NonFiniteOutputException.requireFinite(outputs, 3, 1))
                .isInstanceOfSatisfying(
                        NonFiniteOutputException.class, e -> assertThat(e.image()).isEqualTo(1));
    }

    @Test
    void groupsThatDoNotDivideTheChannelsAreAClearError() {
        assertThatThrownBy(
                        () ->
                                Detector.create(
                                        TinyDetectors.configuration(
                                                "gn7", RULE, PostProcessing.DEFAULT),
                                        TinyDetectors.ENGINE,
                                        1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7 groups");
    }

    private static Detector detector() {
        return TinyDetectors.lively(
                TinyDetectors.configuration("frn", RULE, PostProcessing.DEFAULT), 7);
    }
}
