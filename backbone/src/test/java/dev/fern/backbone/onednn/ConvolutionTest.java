package dev.fern.backbone.onednn;

import static dev.fern.backbone.Closeness.distance;
import static dev.fern.backbone.onednn.ConvolutionFunctionTest.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv2d;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The block beside DJL's own, on both engines. */
@Tag("engine")
class ConvolutionTest {

    /** Runs a block with drawn parameters and output gradients, on the engine's tape. */
    private static BlockPass pass(Block block, float[] x, Shape shape) {
        return pass(block, x, shape, null);
    }

    /** Runs it on a tape of maps, or on the engine's where there is no precision. */
    private static BlockPass pass(Block block, float[] x, Shape shape, Precision precision) {
        try (NDManager manager = NDManager.newBaseManager()) {
            List<Tensor> inputs = List.of(new Tensor(shape.getShape(), x));
            BlockPass.prepare(manager, block, inputs, Map.of());
            NamedParameters.of(block)
                    .values()
                    .forEach(
                            parameter -> {
                                NDArray array = parameter.getArray();
                                array.set(random(array.size(), array.getShape().dimension()));
                            });
            long size = block.getOutputShapes(new Shape[] {shape})[0].size();
            List<float[]> gradients = List.of(random(size, 9));
            return precision == null
                    ? BlockPass.of(manager, block, inputs, gradients)
                    : BlockPass.onTape(manager, block, inputs, gradients, precision);
        }
    }

    private static float[] output(BlockPass pass) {
        return pass.outputs().get(0).data();
    }

    private static void assertNear(BlockPass actual, BlockPass expected, double most) {
        assertThat(distance(output(actual), output(expected))).isLessThan(most);
        assertThat(distance(actual.inputGradients().get(0), expected.inputGradients().get(0)))
                .isLessThan(most);
        expected.parameterGradients()
                .forEach(
                        (name, gradient) ->
                                assertThat(
                                                distance(
                                                        actual.parameterGradients().get(name),
                                                        gradient))
                                        .as(name)
                                        .isLessThan(most));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 3, 8, 9, 11, 3, 1, true",
        "3, 5, 7, 6, 5, 3, 2, true",
        "2, 16, 32, 7, 7, 1, 2, false",
        "2, 3, 16, 20, 18, 7, 2, false"
    })
    void equalsTheBlockOfDjl(
            int n,
            int inputs,
            int filters,
            int height,
            int width,
            int kernel,
            int stride,
            boolean bias) {
        Shape shape = new Shape(n, inputs, height, width);
        float[] x = random(shape.size(), 1);
        int padding = (kernel - 1) / 2;
        Convolution convolution = new Convolution(filters, kernel, stride, padding, bias, false);
        BlockPass own = pass(convolution, x, shape, Precision.FLOAT32);
        BlockPass djl =
                pass(
                        Conv2d.builder()
                                .setFilters(filters)
                                .setKernelShape(new Shape(kernel, kernel))
                                .optStride(new Shape(stride, stride))
                                .optPadding(new Shape(padding, padding))
                                .optBias(bias)
                                .build(),
                        x,
                        shape);
        assertNear(own, djl, 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void anImageHasTheSameBitsInEveryBatch(Precision precision) {
        assumeTrue(OneDnn.supports(precision), "this processor has no " + precision.id());
        Shape three = new Shape(3, 20, 9, 13);
        float[] x = random(three.size(), 2);
        int size = x.length / 3;
        BlockPass together = pass(convolution(), x, three, precision);
        int outputSize = output(together).length / 3;
        for (int n = 0; n < 3; n++) {
            float[] one = Arrays.copyOfRange(x, n * size, (n + 1) * size);
            BlockPass alone = pass(convolution(), one, new Shape(1, 20, 9, 13), precision);
            assertThat(output(alone))
                    .isEqualTo(
                            Arrays.copyOfRange(
                                    output(together), n * outputSize, (n + 1) * outputSize));
        }
    }

    @Test
    void bfloat16IsNearFloat32() {
        assumeTrue(OneDnn.supports(Precision.BFLOAT16), "this processor has no bf16");
        Shape shape = new Shape(2, 24, 10, 12);
        float[] x = random(shape.size(), 3);
        BlockPass rounded = pass(convolution(), x, shape, Precision.BFLOAT16);
        BlockPass exact = pass(convolution(), x, shape, Precision.FLOAT32);
        // 8 bits of mantissa: a relative error of at most 2^-8 for each factor
        assertNear(rounded, exact, 8e-3);
        assertThat(distance(output(rounded), output(exact))).isGreaterThan(1e-4);
    }

    private static Convolution convolution() {
        return new Convolution(17, 3, 1, 1, true, false);
    }

    @Test
    void onGpusOnlyPyTorchHasBfloat16() {
        assertThatThrownBy(
                        () ->
                                Precision.BFLOAT16.requireSupported(
                                        EngineBridge.of("MXNet"), Device.gpu()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bf16");
        Precision.FLOAT32.requireSupported(EngineBridge.of("MXNet"), Device.gpu());
        Precision.BFLOAT16.requireSupported(EngineBridge.of("PyTorch"), Device.gpu());
    }

    /** Prints what a convolution computes and whether oneDNN did it. */
    static final class Printing {
        public static void main(String[] args) {
            Shape shape = new Shape(1, 3, 5, 5);
            BlockPass pass =
                    pass(new Convolution(4, 3, 1, 1, true, false), random(shape.size(), 4), shape);
            System.out.println(OneDnn.isAvailable() + " " + Arrays.toString(output(pass)));
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    @Test
    void theEngineConvolvesWhereOneDnnCannotBeLoaded() throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-Dorg.bytedeco.javacpp.platform=none",
                                "-Dai.djl.default_engine="
                                        + System.getProperty("ai.djl.default_engine", "MXNet"),
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                Printing.class.getName())
                        .start();
        String errors = new String(process.getErrorStream().readAllBytes());
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(errors).isZero();
        assertThat(output).startsWith("false [");
        assertThat(errors.lines().filter(line -> line.contains("oneDNN can't be loaded")))
                .hasSize(1);
        Shape shape = new Shape(1, 3, 5, 5);
        float[] own =
                pass(new Convolution(4, 3, 1, 1, true, false), random(shape.size(), 4), shape)
                        .outputs()
                        .get(0)
                        .data();
        String[] numbers = output.substring(7, output.lastIndexOf(']')).split(", ");
        float[] engines = new float[numbers.length];
        for (int i = 0; i < engines.length; i++) {
            engines[i] = Float.parseFloat(numbers[i]);
        }
        assertThat(distance(own, engines)).isLessThan(1e-6);
    }
}
