package dev.fern.backbone.resnet;

import static dev.fern.backbone.Closeness.distance;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole networks on the maps of a tape and on the engine's arrays. */
@Tag("engine")
class ResNetMapsTest {

    /**
     * Rounding decides for a few places on which side of a threshold they are, and with it whether
     * a gradient passes: of 40 networks one had such a place, and its gradients differed by up to
     * 8e-2. A wrong gradient differs in every network, so one of several must agree.
     */
    private static final int NETWORKS = 5;

    private static final double TOLERANCE = 1e-3;

    @ParameterizedTest
    @CsvSource({
        "RESNET18, frn",
        "RESNET50, frn-eps",
        "RESNET18V2, frn",
        "RESNET18, gn8",
        "RESNET18, bn-tlu"
    })
    void mapsGiveWhatTheEngineGives(ResNetDepth depth, String normaliser) {
        List<String> differences = List.of();
        for (int i = 0; i < NETWORKS; i++) {
            differences = differences(depth, normaliser);
            if (differences.isEmpty()) {
                return;
            }
        }
        assertThat(differences).isEmpty();
    }

    /** Returns which gradients of a network that is drawn differ between the two. */
    private static List<String> differences(ResNetDepth depth, String normaliser) {
        long[] shape = {2, 3, 64, 96};
        Tensor image = new Tensor(shape, normal(new SplittableRandom(3), 2 * 3 * 64 * 96));
        try (NDManager manager = NDManager.newBaseManager()) {
            ResNet network =
                    new ResNet(
                            ResNetConfiguration.of(
                                    depth, 0.25, Stem.IMAGENET, Normalization.parse(normaliser)));
            BlockPass.prepare(manager, network, List.of(image), Map.of());
            SplittableRandom random = new SplittableRandom(7);
            List<float[]> gradients =
                    Arrays.stream(network.getOutputShapes(new Shape[] {new Shape(image.shape())}))
                            .map(map -> normal(random, (int) map.size()))
                            .toList();
            BlockPass engine = BlockPass.of(manager, network, List.of(image), gradients);
            BlockPass maps =
                    BlockPass.onTape(
                            manager, network, List.of(image), gradients, Precision.FLOAT32);
            for (int i = 0; i < engine.outputs().size(); i++) {
                float[] expected = engine.outputs().get(i).data();
                assertThat(distance(maps.outputs().get(i).data(), expected))
                        .as("map " + i)
                        .isLessThan(1e-4);
            }
            Map<String, Double> distances = new LinkedHashMap<>();
            engine.parameterGradients()
                    .forEach(
                            (name, gradient) ->
                                    distances.put(
                                            name,
                                            distance(
                                                    maps.parameterGradients().get(name),
                                                    gradient)));
            distances.put(
                    "image",
                    distance(maps.inputGradients().get(0), engine.inputGradients().get(0)));
            return distances.entrySet().stream()
                    .filter(distance -> !(distance.getValue() < TOLERANCE))
                    .map(distance -> distance.getKey() + " by " + distance.getValue())
                    .toList();
        }
    }

    private static float[] normal(SplittableRandom random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
