package dev.fern.tools.weights;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.Backbone;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.detection.pretrain.BackboneWeights;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ResNet-50 of torchvision's, and the maps that it makes of one input. */
class ClassificationResNetTest {

    private static final Path FOLDER =
            Path.of(System.getProperty("fern.shared", "../shared"), "parity/torchvision-resnet");

    private static final Shape INPUT = new Shape(1, 3, 160, 192);

    @TempDir Path folder;

    @Test
    void anImportedResNetHasTorchvisionsFeatures() throws IOException {
        Assumptions.assumeTrue(
                Files.isDirectory(FOLDER), "skipped: no reference results at " + FOLDER);
        Path model = folder.resolve("model");
        CommandRun run =
                CommandRun.of(
                        "import", FOLDER.resolve("resnet50.pth").toString(), "--output=" + model);
        assertThat(run.status()).as(String.join("; ", run.errors())).isZero();
        assertThat(run.out()).contains("classification ResNet resnet50, 1000 classes");

        BackboneWeights weights = BackboneWeights.read(model);
        Map<String, Tensor> values = new LinkedHashMap<>();
        weights.values()
                .forEach(
                        (name, tensor) ->
                                values.put(name.replaceFirst("^backbone\\.", ""), tensor));
        assertThat(ResNetDepth.RESNET50.blocks()).containsExactly(3, 4, 6, 3);
        try (NDManager manager = EngineBridge.of(Engines.DEFAULT).newManager()) {
            Backbone backbone = weights.architecture().newBackbone();
            ParameterValues.initializeWith(backbone, TensorSource.of(values));
            backbone.initialize(manager, ai.djl.ndarray.types.DataType.FLOAT32, INPUT);
            NDArray x = manager.create(NpyFile.read(FOLDER.resolve("input.npy")), INPUT);
            NDList maps =
                    backbone.forward(new ParameterStore(manager, false), new NDList(x), false);
            for (int i = 0; i < maps.size(); i++) {
                float[] reference = NpyFile.read(FOLDER.resolve("feature_" + i + ".npy"));
                assertThat(relativeL2(maps.get(i).toFloatArray(), reference))
                        .as("map of layer" + (i + 1))
                        .isLessThan(1e-4);
            }
        }
    }

    private static double relativeL2(float[] values, float[] reference) {
        assertThat(values).hasSameSizeAs(reference);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < values.length; i++) {
            difference += Math.pow((double) values[i] - reference[i], 2);
            norm += Math.pow(reference[i], 2);
        }
        return Math.sqrt(difference / norm);
    }
}
