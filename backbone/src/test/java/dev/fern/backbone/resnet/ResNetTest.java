package dev.fern.backbone.resnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.Closeness;
import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.norm.FilterResponseNormalization;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
class ResNetTest {

    private static final Normalization FRN = new FilterResponseNormalization(false);

    private static ResNet network(ResNetDepth depth, double width, Normalization normalization) {
        return new ResNet(ResNetConfiguration.of(depth, width, Stem.IMAGENET, normalization));
    }

    private static Tensor image(int height, int width) {
        SplittableRandom random = new SplittableRandom(height * 1000L + width);
        float[] pixels = new float[3 * height * width];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return new Tensor(new long[] {1, 3, height, width}, pixels);
    }

    /**
     * The numbers of trained parameters of torchvision's models, less those of their classifiers.
     * Version 2 has no norms on its projections, which have four times the width in bottlenecks.
     */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11176512",
        "resnet34, 21284672",
        "resnet50, 23508032",
        "resnet101, 42500160",
        "resnet152, 58143808",
        "resnet18v2, 11174720",
        "resnet34v2, 21282880",
        "resnet50v2, 23500352",
        "resnet101v2, 42492480",
        "resnet152v2, 58136128"
    })
    void aNetworkHasThePublishedNumberOfParameters(String depth, long count) {
        ResNet network = network(ResNetDepth.parse(depth), 1, new BatchNormalization());
        network.setInitializer(Initializer.ZEROS, Parameter.Type.WEIGHT);
        try (NDManager manager = NDManager.newBaseManager()) {
            network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
            long trained =
                    NamedParameters.of(network).values().stream()
                            .filter(Parameter::requiresGradient)
                            .mapToLong(parameter -> parameter.getShape().size())
                            .sum();
            assertThat(trained).isEqualTo(count);
        }
    }

    @ParameterizedTest
    @EnumSource(ResNetDepth.class)
    void outputsHaveTheirStridesAndChannelsAtEveryDepthAndWidth(ResNetDepth depth) {
        int expansion = depth.bottleneck() ? 4 : 1;
        for (double multiplier : new double[] {0.0625, 0.125}) {
            int width = (int) (64 * multiplier) * expansion;
            assertShapes(
                    network(depth, multiplier, FRN),
                    image(64, 32),
                    List.of(
                            new Shape(1, width, 16, 8),
                            new Shape(1, 2 * width, 8, 4),
                            new Shape(1, 4 * width, 4, 2),
                            new Shape(1, 8 * width, 2, 1)));
        }
    }

    @ParameterizedTest
    @CsvSource({"33, 47", "1, 1", "31, 65", "2, 97"})
    void sidesAreHalvedAndRoundedUpByEachStride(int height, int width) {
        assertShapes(
                network(ResNetDepth.RESNET18, 0.0625, FRN),
                image(height, width),
                List.of(
                        new Shape(1, 4, up(height, 4), up(width, 4)),
                        new Shape(1, 8, up(height, 8), up(width, 8)),
                        new Shape(1, 16, up(height, 16), up(width, 16)),
                        new Shape(1, 32, up(height, 32), up(width, 32))));
    }

    @ParameterizedTest
    @CsvSource({"32, 32", "33, 47", "1, 1"})
    void withTheCifarStemTheStridesAreOneToEight(int height, int width) {
        assertShapes(
                new ResNet(ResNetConfiguration.of(ResNetDepth.RESNET18, 0.0625, Stem.CIFAR, FRN)),
                image(height, width),
                List.of(
                        new Shape(1, 4, height, width),
                        new Shape(1, 8, up(height, 2), up(width, 2)),
                        new Shape(1, 16, up(height, 4), up(width, 4)),
                        new Shape(1, 32, up(height, 8), up(width, 8))));
    }

    @Test
    void unknownStemsAreRefusedNamingTheKnownOnes() {
        assertThatThrownBy(() -> Stem.parse("vgg"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown stem 'vgg': use one of [imagenet, cifar]");
    }

    private static int up(int side, int stride) {
        return (side + stride - 1) / stride;
    }

    private static void assertShapes(ResNet network, Tensor image, List<Shape> shapes) {
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, network, List.of(image), Map.of());
            assertThat(BlockPass.infer(manager, network, List.of(image)))
                    .extracting(output -> new Shape(output.shape()))
                    .isEqualTo(shapes);
            assertThat(network.getOutputShapes(new Shape[] {new Shape(image.shape())}))
                    .containsExactlyElementsOf(shapes);
        }
    }

    @Test
    void parametersAreNamedByStageBlockAndLayer() {
        ResNet network = network(ResNetDepth.RESNET50, 0.0625, FRN);
        try (NDManager manager = NDManager.newBaseManager()) {
            network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
            assertThat(NamedParameters.of(network))
                    .containsKeys(
                            "conv1.weight",
                            "norm1.tau",
                            "layer1.0.conv1.weight",
                            "layer1.0.shortcutConv.weight",
                            "layer1.0.shortcutNorm.gamma",
                            "layer3.5.norm3.tau",
                            "layer4.2.conv3.weight")
                    .doesNotContainKeys(
                            "layer1.1.shortcutConv.weight",
                            "layer1.0.shortcutNorm.tau",
                            "conv1.bias");
        }
    }

    /** With all branches at zero a residual block passes its shortcut through the threshold. */
    @Test
    void aBlockAddsItsShortcutToItsBranch() {
        ResidualBlock block = new ResidualBlock(ResNetVersion.V1, 3, 3, 1, false, FRN);
        block.setInitializer(Initializer.ZEROS, Parameter.Type.WEIGHT);
        Tensor x = image(4, 5);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, block, List.of(x), Map.of());
            float[] rectified = new float[x.data().length];
            for (int i = 0; i < rectified.length; i++) {
                rectified[i] = Math.max(0, x.data()[i]);
            }
            assertThat(BlockPass.infer(manager, block, List.of(x)).get(0).data())
                    .isEqualTo(rectified);
        }
    }

    /** A 1x1 convolution of stride 2 does not see pixels of odd rows, a 3x3 one does. */
    @ParameterizedTest
    @CsvSource({"V1, true", "V1_STRIDE_IN_1X1, false"})
    void theVersionSaysWhichConvolutionOfABottleneckHasTheStride(
            ResNetVersion version, boolean seesOddRows) {
        ResidualBlock block = new ResidualBlock(version, 3, 2, 2, true, FRN);
        block.setInitializer(Initializer.ONES, Parameter.Type.WEIGHT);
        Tensor x = image(6, 6);
        float[] changed = x.data().clone();
        changed[6] += 3; // row 1, column 0
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, block, List.of(x), Map.of());
            Tensor before = BlockPass.infer(manager, block, List.of(x)).get(0);
            Tensor after =
                    BlockPass.infer(manager, block, List.of(new Tensor(x.shape(), changed))).get(0);
            assertThat(before.shape()).containsExactly(1, 8, 3, 3);
            assertThat(!before.equals(after)).isEqualTo(seesOddRows);
        }
    }

    @Test
    void parametersOfVersion2AreNamedByStageBlockAndLayer() {
        ResNet network = network(ResNetDepth.RESNET18V2, 0.0625, FRN);
        try (NDManager manager = NDManager.newBaseManager()) {
            network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
            assertThat(NamedParameters.of(network))
                    .containsKeys(
                            "norm1.tau",
                            "layer1.0.conv1.weight",
                            "layer1.0.norm2.tau",
                            "layer1.1.norm1.tau",
                            "norm2.tau",
                            "layer2.0.shortcutConv.weight",
                            "norm5.tau")
                    .doesNotContainKeys(
                            "layer1.0.norm1.tau",
                            "layer1.0.shortcutConv.weight",
                            "layer2.0.shortcutNorm.gamma",
                            "norm6.tau");
        }
    }

    /**
     * In figure 4e of the paper, the input passes unchanged, its sign too, where the branches are
     * zero.
     */
    @Test
    void aPreActivationBlockWithoutItsBranchIsTheIdentity() {
        PreActivationBlock block = new PreActivationBlock(3, 3, 1, false, false, FRN);
        block.setInitializer(Initializer.ZEROS, Parameter.Type.WEIGHT);
        Tensor x = image(4, 5);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, block, List.of(x), Map.of());
            assertThat(BlockPass.infer(manager, block, List.of(x)).get(0).data())
                    .isEqualTo(x.data());
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false, 1", "false, true, 1", "true, false, 1", "true, false, 2"})
    void aPreActivationBlockRunsItsLayersInThePapersOrder(
            boolean bottleneck, boolean activatedInput, int stride) {
        PreActivationBlock block =
                new PreActivationBlock(3, 3, stride, bottleneck, activatedInput, FRN);
        Tensor x = image(6, 5);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, block, List.of(x), Map.of());
            Map<String, Block> layers = new HashMap<>();
            block.getChildren().forEach(p -> layers.put(p.getKey().substring(2), p.getValue()));
            Tensor activated = activatedInput ? x : run(manager, layers.get("norm1"), x);
            Tensor branch = activated;
            List<String> order = List.of("conv1", "norm2", "conv2", "norm3", "conv3");
            for (String name : bottleneck ? order : order.subList(0, 3)) {
                branch = run(manager, layers.get(name), branch);
            }
            Tensor shortcut = bottleneck ? run(manager, layers.get("shortcutConv"), activated) : x;
            double[] sums = Closeness.widen(branch.data());
            for (int i = 0; i < sums.length; i++) {
                sums[i] += shortcut.data()[i];
            }
            Closeness.assertClose(
                    "sum", BlockPass.infer(manager, block, List.of(x)).get(0).data(), sums, 1e-6);
        }
    }

    private static Tensor run(NDManager manager, Block layer, Tensor x) {
        return BlockPass.infer(manager, layer, List.of(x)).get(0);
    }

    /** An output is at least tau, 0 at the start; a raw sum would not be. */
    @ParameterizedTest
    @EnumSource(
            value = ResNetDepth.class,
            names = {"RESNET18", "RESNET50", "RESNET18V2", "RESNET50V2"})
    void outputsAreActivatedMapsInEitherVersion(ResNetDepth depth) {
        ResNet network = network(depth, 0.125, FRN);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, network, List.of(image(64, 64)), Map.of());
            for (Tensor output : BlockPass.infer(manager, network, List.of(image(64, 64)))) {
                assertThat(output.data()).contains(0);
                for (float value : output.data()) {
                    assertThat(value).isNotNegative();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ResNetDepth.class,
            names = {"RESNET50", "RESNET18V2", "RESNET50V2"})
    void everyParameterGetsAGradient(ResNetDepth depth) {
        ResNet network = network(depth, 0.125, FRN);
        // The pool after the first norm lets through few gradients of values below the threshold.
        Tensor image = image(128, 128);
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(manager, network, List.of(image), Map.of());
            List<float[]> ones =
                    BlockPass.infer(manager, network, List.of(image)).stream()
                            .map(
                                    output -> {
                                        float[] gradient = new float[output.data().length];
                                        for (int i = 0; i < gradient.length; i++) {
                                            gradient[i] = 1 + i % 7;
                                        }
                                        return gradient;
                                    })
                            .toList();
            BlockPass.of(manager, network, List.of(image), ones)
                    .parameterGradients()
                    .forEach(
                            (name, gradient) -> {
                                double squares = 0;
                                for (float value : gradient) {
                                    squares += value * value;
                                }
                                assertThat(squares).as(name).isPositive().isFinite();
                            });
        }
    }

    @Test
    void configurationsThatMakeNoNetworkAreRefused() {
        for (double multiplier : new double[] {0, -1, Double.NaN, 17}) {
            assertThatThrownBy(
                            () ->
                                    ResNetConfiguration.of(
                                            ResNetDepth.RESNET18, multiplier, Stem.IMAGENET, FRN))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(multiplier));
        }
        List<Integer> four = List.of(1, 1, 1, 1);
        for (List<Integer> wrong : List.of(List.of(1, 1, 1), List.of(1, 1, 1, 0))) {
            assertThatThrownBy(
                            () ->
                                    new ResNetConfiguration(
                                            ResNetVersion.V1,
                                            false,
                                            wrong,
                                            four,
                                            8,
                                            Stem.IMAGENET,
                                            FRN))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(
                            () ->
                                    new ResNetConfiguration(
                                            ResNetVersion.V1,
                                            false,
                                            four,
                                            wrong,
                                            8,
                                            Stem.IMAGENET,
                                            FRN))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(
                        () ->
                                new ResNetConfiguration(
                                        ResNetVersion.V1, false, four, four, 0, Stem.IMAGENET, FRN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnknownDepthIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> ResNetDepth.parse("resnet20"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'resnet20'")
                .hasMessageContaining("resnet18")
                .hasMessageContaining("resnet152v2");
        for (ResNetDepth depth : ResNetDepth.values()) {
            assertThat(ResNetDepth.parse(depth.id())).isEqualTo(depth);
        }
    }
}
