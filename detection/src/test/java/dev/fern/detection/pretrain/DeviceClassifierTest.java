package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonParser;
import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.NamedParameters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A classifier that PyTorch computes as on a GPU, in bfloat16 beside float32. */
@Tag("device")
class DeviceClassifierTest {

    private static final int SIDE = 32;

    private static Classifier classifier(String precision) {
        System.setProperty(EngineBridge.OPERATORS, "true");
        try {
            return PretrainingConfiguration.of(
                            List.of(
                                    JsonParser.parseString(
                                                    """
                                                    {"engine": "PyTorch", "devices": "cpu",
                                                     "width": 0.125, "inputSize": 32, "stem": "cifar",
                                                     "precision": "%s"}
                                                    """
                                                            .formatted(precision))
                                            .getAsJsonObject()))
                    .newClassifier(List.of("circle", "square", "triangle"));
        } finally {
            System.clearProperty(EngineBridge.OPERATORS);
        }
    }

    @Test
    void bfloat16IsNearFloat32() {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        FloatBuffer pixels =
                ByteBuffer.allocateDirect(4 * 3 * SIDE * SIDE * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        Random random = new Random(2);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (float) random.nextGaussian());
        }
        float[][] logits = new float[2][];
        float[][] gradients = new float[2][];
        double[] losses = new double[2];
        for (int i = 0; i < 2; i++) {
            try (Classifier classifier = classifier(i == 0 ? "float32" : "bf16")) {
                logits[i] = classifier.logits(pixels, 4);
                ClassificationStep step =
                        new ClassificationStep(
                                classifier,
                                new CrossEntropyLoss(0),
                                classifier.parameterStore(),
                                classifier.manager());
                losses[i] = step.run(pixels, new int[] {0, 1, 2, 0}).value();
                try (NDArray gradient =
                        NamedParameters.of(classifier.network())
                                .get("head.output.weight")
                                .getArray()
                                .getGradient()) {
                    gradients[i] = gradient.toFloatArray();
                }
            }
        }
        assertThat(logits[1]).isNotEqualTo(logits[0]);
        assertThat(losses[1]).isCloseTo(losses[0], within(0.02 * losses[0]));
        assertNear(logits[1], logits[0]);
        assertNear(gradients[1], gradients[0]);
    }

    private static void assertNear(float[] found, float[] expected) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        assertThat(Math.sqrt(difference)).isLessThan(0.03 * Math.sqrt(length));
    }
}
