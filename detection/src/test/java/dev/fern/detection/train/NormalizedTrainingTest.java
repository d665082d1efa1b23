package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.HeadConfiguration;
import dev.fern.detection.model.PyramidConfiguration;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A detector with a normaliser in backbone, pyramid and heads. */
class NormalizedTrainingTest {

    private static final CanvasRule RULE = new CanvasRule(64, 64);

    @TempDir Path folder;

    private static Detector detector(ResNetVersion version, String norm) {
        DetectorConfiguration plain = TinyDetectors.smallest(norm, RULE);
        return Detector.create(
                new DetectorConfiguration(
                        plain.version(),
                        new Architecture(
                                new ResNetConfiguration(
                                        version,
                                        false,
                                        List.of(1, 1, 1, 1),
                                        List.of(8, 8, 8, 8),
                                        8,
                                        Stem.IMAGENET,
                                        Normalization.parse(norm)),
                                new PyramidConfiguration(
                                        8, P6Source.P5, Optional.of(Normalization.parse(norm))),
                                new HeadConfiguration(1, Optional.of(Normalization.parse(norm))),
                                AnchorParameters.ofBaseSize(16)),
                        plain.categories(),
                        RULE,
                        plain.normalization(),
                        plain.postProcessing()),
                TinyDetectors.ENGINE,
                4);
    }

    /** P6 and P7 of a 64 x 64 canvas have one place: the heads take the variance of one value. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "frn",
                "frn-eps",
                "frn-relu",
                "bn",
                "bn-tlu",
                "brn",
                "brn4",
                "frozen-bn",
                "gn4",
                "gn4-tlu",
                "ln",
                "in"
            })
    void oneImageWithMapsOfOnePlaceIsTrainedWithoutAFault(String norm) throws IOException {
        LabelledBatches batches =
                new LabelledBatches(
                        new RectangleFolder(folder).image(1, 64, 64, 2).dataset(), RULE);
        for (ResNetVersion version : ResNetVersion.values()) {
            try (Detector detector = detector(version, norm)) {
                SgdOptimizer optimizer =
                        new SgdOptimizer(
                                detector.network(), 0.9, 1e-4, 0, Double.POSITIVE_INFINITY);
                double first = batches.backward(detector, 0).classification();
                for (int step = 0; step < 4; step++) {
                    assertThat(batches.backward(detector, 0).isFinite()).isTrue();
                    assertThat(LabelledBatches.gradients(detector).values())
                            .allSatisfy(NormalizedTrainingTest::assertFinite);
                    optimizer.accumulate(1);
                    assertThat(optimizer.step(0.01)).isFinite().isPositive();
                }
                assertThat(detector.copyParameters().values())
                        .allSatisfy(tensor -> assertFinite(tensor.data()));
                assertThat(batches.backward(detector, 0).classification()).isLessThan(first);
                assertThat(batches.forward(detector, 0).isFinite()).isTrue();
            }
        }
    }

    private static void assertFinite(float[] values) {
        for (float value : values) {
            assertThat(value).isFinite();
        }
    }
}
