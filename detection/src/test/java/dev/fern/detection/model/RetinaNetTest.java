package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.image.CanvasRule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
class RetinaNetTest {

    /** DJL asks the store for a manager where a block is not initialised, and nowhere else. */
    private static final class InitializedParameters extends ParameterStore {
        InitializedParameters(NDManager manager) {
            super(manager, false);
        }

        @Override
        public NDManager getManager() {
            throw new AssertionError("a block is initialised in a forward pass");
        }
    }

    /** Else threads that share a network would do so at the same time. */
    @ParameterizedTest
    @CsvSource({"resnet18, frn,", "resnet50, bn, gn4", "resnet18v2, frn,", "resnet50v2, gn4, frn"})
    void noBlockIsInitialisedInAForwardPass(String backbone, String norm, String otherNorm) {
        Optional<Normalization> other = Optional.ofNullable(otherNorm).map(Normalization::parse);
        DetectorConfiguration plain = TinyDetectors.smallest(norm, new CanvasRule(64, 64));
        DetectorConfiguration configuration =
                new DetectorConfiguration(
                        plain.version(),
                        new Architecture(
                                ResNetConfiguration.of(
                                        ResNetDepth.parse(backbone),
                                        0.0625,
                                        Stem.IMAGENET,
                                        Normalization.parse(norm)),
                                new PyramidConfiguration(8, P6Source.P5, other),
                                new HeadConfiguration(2, other),
                                AnchorParameters.ofBaseSize(16)),
                        plain.categories(),
                        plain.canvas(),
                        plain.normalization(),
                        plain.postProcessing());
        Shape image = new Shape(1, 3, 64, 64);
        try (Detector detector = Detector.create(configuration, TinyDetectors.ENGINE, 1)) {
            assumeTrue(
                    Tape.supports(detector.manager()), "oneDNN has no library for this platform");
            try (Tape tape =
                    Tape.inference(
                            detector.manager(), Precision.FLOAT32, detector.packedWeights())) {
                NDList outputs =
                        detector.network()
                                .forward(
                                        new InitializedParameters(detector.manager()),
                                        new NDList(
                                                tape.enter(
                                                        ByteBuffer.allocateDirect(4 * 3 * 64 * 64)
                                                                .order(ByteOrder.nativeOrder())
                                                                .asFloatBuffer(),
                                                        image)),
                                        true);
                assertThat(outputs).isNotEmpty();
            }
        }
    }
}
