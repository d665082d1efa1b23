package dev.fern.backbone.classification;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.NumericalGradient;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackboneClassifierTest {

    private static ResNetConfiguration configuration(String depth, double width, String norm) {
        return configuration(depth, width, "imagenet", norm);
    }

    private static ResNetConfiguration configuration(
            String depth, double width, String stem, String norm) {
        return ResNetConfiguration.of(
                ResNetDepth.parse(depth), width, Stem.parse(stem), Normalization.parse(norm));
    }

    private static float[] random(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Computes the mean over the places, then weight [K, C] times it, plus bias. */
    private static double[] reference(
            double[] x, int images, int channels, int places, double[] weight, double[] bias) {
        int classes = bias.length;
        double[] logits = new double[images * classes];
        for (int n = 0; n < images; n++) {
            for (int k = 0; k < classes; k++) {
                double sum = bias[k];
                for (int c = 0; c < channels; c++) {
                    double mean = 0;
                    for (int i = 0; i < places; i++) {
                        mean += x[(n * channels + c) * places + i] / places;
                    }
                    sum += weight[k * channels + c] * mean;
                }
                logits[n * classes + k] = sum;
            }
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1, 1", "2, 5, 3, 4, 7", "3, 8, 1, 6, 2"})
    void headIsTheMeanOfEachChannelAndALinearMap(
            int images, int channels, int height, int width, int classes) {
        int places = height * width;
        float[] x = random(images * channels * places, 1);
        float[] weight = random(classes * channels, 2);
        float[] bias = random(classes, 3);
        float[] slopes = random(images * classes, 4);
        Tensor input = new Tensor(new long[] {images, channels, height, width}, x);
        try (NDManager manager = NDManager.newBaseManager()) {
            ClassificationHead head = new ClassificationHead(classes);
            BlockPass.prepare(
                    manager,
                    head,
                    List.of(input),
                    Map.of("output.weight", weight, "output.bias", bias));
            BlockPass pass = BlockPass.of(manager, head, List.of(input), List.of(slopes));
            double[] wide = widen(x);
            double[] w = widen(weight);
            double[] b = widen(bias);
            assertClose(
                    "logits",
                    pass.outputs().get(0).data(),
                    reference(wide, images, channels, places, w, b),
                    1e-5);
            assertThat(pass.outputs().get(0).shape()).containsExactly(images, classes);
            assertClose(
                    "input gradient",
                    pass.inputGradients().get(0),
                    NumericalGradient.of(
                            at ->
                                    NumericalGradient.dot(
                                            reference(at, images, channels, places, w, b), slopes),
                            wide),
                    1e-5,
                    1e-2);
            assertClose(
                    "weight gradient",
                    pass.parameterGradients().get("output.weight"),
                    NumericalGradient.of(
                            at ->
                                    NumericalGradient.dot(
                                            reference(wide, images, channels, places, at, b),
                                            slopes),
                            w),
                    1e-5,
                    1e-2);
            assertClose(
                    "bias gradient",
                    pass.parameterGradients().get("output.bias"),
                    NumericalGradient.of(
                            at ->
                                    NumericalGradient.dot(
                                            reference(wide, images, channels, places, w, at),
                                            slopes),
                            b),
                    1e-5,
                    1e-2);
        }
    }

    /** The numbers of trained parameters of torchvision's classifiers of ImageNet. */
    @ParameterizedTest
    @CsvSource({"resnet18, 11689512", "resnet50, 25557032"})
    void aClassifierOfAThousandClassesHasThePublishedNumberOfParameters(String depth, long count) {
        BackboneClassifier network = new BackboneClassifier(configuration(depth, 1, "bn"), 1000);
        try (NDManager manager = NDManager.newBaseManager()) {
            network.initialize(manager, 1);
            assertThat(
                            NamedParameters.of(network).values().stream()
                                    .filter(Parameter::requiresGradient)
                                    .mapToLong(parameter -> parameter.getShape().size())
                                    .sum())
                    .isEqualTo(count);
        }
    }

    @Test
    void initialValuesAreThoseOfTorchLinearInTheHeadAndDependOnTheSeedAlone() {
        ResNetConfiguration configuration = configuration("resnet18", 0.125, "frn");
        try (NDManager manager = NDManager.newBaseManager()) {
            BackboneClassifier network = new BackboneClassifier(configuration, 50);
            network.initialize(manager, 3);
            float bound = 1 / 8f; // 64 features
            Map<String, Tensor> values = ParameterValues.copyOf(network);
            for (String name : List.of("head.output.weight", "head.output.bias")) {
                float largest = 0;
                for (float value : values.get(name).data()) {
                    assertThat(Math.abs(value)).isLessThanOrEqualTo(bound);
                    largest = Math.max(largest, Math.abs(value));
                }
                assertThat(largest).as(name).isGreaterThan(0.9f * bound);
            }
            BackboneClassifier same = new BackboneClassifier(configuration, 50);
            same.initialize(manager, 3);
            assertThat(ParameterValues.copyOf(same)).isEqualTo(values);
            BackboneClassifier other = new BackboneClassifier(configuration, 50);
            other.initialize(manager, 4);
            assertThat(ParameterValues.copyOf(other).get("head.output.weight"))
                    .isNotEqualTo(values.get("head.output.weight"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "imagenet, 32, 32",
        "cifar, 32, 32",
        "cifar, 1, 1",
        "imagenet, 1, 1",
        "cifar, 9, 5"
    })
    void anImageOfAnySizeHasOneLogitAClass(String stem, int height, int width) {
        BackboneClassifier network =
                new BackboneClassifier(configuration("resnet18", 0.0625, stem, "frn-eps"), 6);
        Tensor images = new Tensor(new long[] {2, 3, height, width}, random(6 * height * width, 8));
        try (NDManager manager = NDManager.newBaseManager()) {
            network.initialize(manager, 1);
            assertThat(BlockPass.infer(manager, network, List.of(images)).get(0).shape())
                    .containsExactly(2, 6);
            assertThat(network.getOutputShapes(new Shape[] {new Shape(images.shape())}))
                    .containsExactly(new Shape(2, 6));
        }
    }

    @Test
    void storedParametersAreGivenBackAndOthersRefused() {
        ResNetConfiguration configuration = configuration("resnet18", 0.0625, "gn2");
        try (NDManager manager = NDManager.newBaseManager()) {
            BackboneClassifier network = new BackboneClassifier(configuration, 3);
            network.initialize(manager, 3);
            Map<String, Tensor> values = ParameterValues.copyOf(network);
            BackboneClassifier read = new BackboneClassifier(configuration, 3);
            read.initialize(manager, TensorSource.of(values));
            assertThat(ParameterValues.copyOf(read)).isEqualTo(values);
            assertThatThrownBy(
                            () ->
                                    new BackboneClassifier(configuration, 4)
                                            .initialize(manager, TensorSource.of(values)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("head.output.");
            Map<String, Tensor> less = new HashMap<>(values);
            less.remove("head.output.bias");
            assertThatThrownBy(
                            () ->
                                    new BackboneClassifier(configuration, 3)
                                            .initialize(manager, TensorSource.of(less)))
                    .hasMessage("parameter head.output.bias is missing");
        }
    }
}
