package dev.fern.backbone.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutions and their gradients against sums in float64. */
@Tag("engine")
class ConvolutionFunctionTest {

    private static final String SHAPES =
            """
            # images, inputs, outputs, height, width, kernel, stride, padding, dilation, groups, bias
            1, 1, 1, 1, 1, 1, 1, 0, 1, 1, false
            1, 1, 1, 1, 1, 3, 1, 1, 1, 1, true
            2, 3, 5, 7, 9, 3, 1, 1, 1, 1, true
            3, 17, 33, 5, 4, 1, 1, 0, 1, 1, false
            1, 3, 16, 31, 33, 7, 2, 3, 1, 1, false
            2, 16, 32, 8, 8, 3, 2, 1, 1, 1, true
            1, 32, 16, 9, 13, 1, 2, 0, 1, 1, false
            2, 3, 1, 18, 12, 1, 2, 0, 1, 1, true
            1, 5, 6, 10, 11, 1, 3, 0, 1, 1, true
            2, 20, 36, 3, 2, 3, 1, 1, 1, 1, true
            1, 64, 64, 16, 16, 3, 1, 1, 1, 1, false
            2, 8, 12, 11, 9, 3, 1, 2, 2, 1, true
            1, 16, 16, 13, 13, 3, 2, 3, 3, 1, false
            2, 8, 12, 7, 6, 3, 1, 1, 1, 4, true
            1, 16, 16, 9, 9, 3, 1, 1, 1, 16, true
            1, 12, 6, 9, 9, 1, 1, 0, 1, 3, false
            """;

    /** What is convolved and how. */
    private record Case(
            int images,
            int inputs,
            int outputs,
            int height,
            int width,
            int kernel,
            int stride,
            int padding,
            int dilation,
            int groups,
            boolean bias) {

        /** {@return a row of {@link #SHAPES}} */
        static Case of(ArgumentsAccessor row) {
            return new Case(
                    row.getInteger(0),
                    row.getInteger(1),
                    row.getInteger(2),
                    row.getInteger(3),
                    row.getInteger(4),
                    row.getInteger(5),
                    row.getInteger(6),
                    row.getInteger(7),
                    row.getInteger(8),
                    row.getInteger(9),
                    row.getBoolean(10));
        }

        int outputHeight() {
            return side(height);
        }

        int outputWidth() {
            return side(width);
        }

        private int side(int side) {
            return (side + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        }

        Shape input() {
            return new Shape(images, inputs, height, width);
        }

        Shape output() {
            return new Shape(images, outputs, outputHeight(), outputWidth());
        }

        Shape weights() {
            return new Shape(outputs, inputs / groups, kernel, kernel);
        }
    }

    @BeforeAll
    static void requireLibrary() {
        assumeTrue(OneDnn.isAvailable(), "oneDNN has no library for this platform");
    }

    /** Returns normally distributed numbers. */
    static float[] random(long size, long seed) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** The values that a convolution of this precision multiplies. */
    private static double[] factors(float[] values, Precision precision) {
        double[] factors = new double[values.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = precision == Precision.BFLOAT16 ? bfloat16(values[i]) : values[i];
        }
        return factors;
    }

    /** Rounds to 8 bits of mantissa, ties to even. */
    private static float bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    /** Called for each product of a convolution with the indices of its three factors. */
    private interface Product {
        void at(int input, int weight, int output);
    }

    private static void forEachProduct(Case s, Product product) {
        int k = s.kernel;
        int perGroup = s.inputs / s.groups;
        int outputsPerGroup = s.outputs / s.groups;
        for (int out = 0; out < s.output().size(); out++) {
            int x = out % s.outputWidth();
            int y = out / s.outputWidth() % s.outputHeight();
            int f = out / (s.outputWidth() * s.outputHeight()) % s.outputs;
            int n = out / (s.outputWidth() * s.outputHeight() * s.outputs);
            for (int c = 0; c < perGroup; c++) {
                int channel = f / outputsPerGroup * perGroup + c;
                for (int i = 0; i < k * k; i++) {
                    int row = y * s.stride - s.padding + i / k * s.dilation;
                    int column = x * s.stride - s.padding + i % k * s.dilation;
                    if (row >= 0 && row < s.height && column >= 0 && column < s.width) {
                        product.at(
                                ((n * s.inputs + channel) * s.height + row) * s.width + column,
                                (f * perGroup + c) * k * k + i,
                                out);
                    }
                }
            }
        }
    }

    private static void assertClose(String what, float[] actual, double[] expected, double most) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertThat(Math.sqrt(error)).as(what).isLessThanOrEqualTo(most * Math.sqrt(size) + 1e-12);
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void float32(ArgumentsAccessor numbers) {
        check(Case.of(numbers), Precision.FLOAT32);
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void bfloat16(ArgumentsAccessor numbers) {
        assumeTrue(OneDnn.supports(Precision.BFLOAT16), "this processor has no bf16");
        check(Case.of(numbers), Precision.BFLOAT16);
    }

    static FloatBuffer direct(float[] values) {
        return ByteBuffer.allocateDirect(4 * values.length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(0, values);
    }

    static float[] channelsLast(float[] values, Shape shape) {
        int channels = (int) shape.get(1);
        int places = (int) (shape.get(2) * shape.get(3));
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int image = i / (channels * places);
            result[(image * places + i % places) * channels + i / places % channels] = values[i];
        }
        return result;
    }

    private static void check(Case s, Precision precision) {
        float[] x = random(s.input().size(), 1);
        float[] w = random(s.weights().size(), 2);
        float[] b = random(s.outputs, 3);
        float[] dy = random(s.output().size(), 4);
        double[] xs = factors(x, precision);
        double[] ws = factors(w, precision);
        double[] dys = factors(dy, precision);
        double[] y = new double[dy.length];
        double[] dx = new double[x.length];
        double[] dw = new double[w.length];
        double[] db = new double[s.outputs];
        int places = s.outputHeight() * s.outputWidth();
        for (int i = 0; i < y.length; i++) {
            y[i] = s.bias ? b[i / places % s.outputs] : 0;
            db[i / places % s.outputs] += dys[i];
        }
        forEachProduct(
                s,
                (input, weight, output) -> {
                    y[output] += xs[input] * ws[weight];
                    dx[input] += dys[output] * ws[weight];
                    dw[weight] += dys[output] * xs[input];
                });
        // The reference rounds the factors as bfloat16 does, so that only sums in float32 and the
        // rounding of the gradient of the input differ.
        double ofMaps = precision == Precision.BFLOAT16 ? 4e-3 : 1e-6;
        try (NDManager manager = NDManager.newBaseManager()) {
            EngineBridge.of(manager).recordNothing();
            NDArray weights = manager.create(w, s.weights());
            weights.setRequiresGradient(true);
            NDArray bias = manager.create(b, new Shape(s.outputs));
            bias.setRequiresGradient(true);
            List<NDArray> parameters = new ArrayList<>(List.of(weights));
            if (s.bias) {
                parameters.add(bias);
            }
            ParameterGradients gradients = new ParameterGradients(parameters);
            try (PackedWeights packed = new PackedWeights();
                    Tape tape = Tape.recording(manager, precision, packed, gradients)) {
                MapArray input = (MapArray) tape.enterWanted(direct(x), s.input());
                MapArray output =
                        ConvolutionFunction.apply(
                                input,
                                weights,
                                s.bias ? bias : null,
                                s.stride,
                                s.padding,
                                s.dilation,
                                s.groups,
                                Precision.FLOAT32);
                assertThat(output.getShape()).isEqualTo(s.output());
                assertClose("y", EngineBridge.of(output).copy(output), y, 1e-6);
                tape.backward(new NDList(output), List.of(channelsLast(dy, s.output())));
                assertClose("dx", tape.gradientOf(input), dx, ofMaps);
                assertClose("dw", weights.getGradient().toFloatArray(), dw, 1e-6);
                if (s.bias) {
                    assertClose("db", bias.getGradient().toFloatArray(), db, 1e-6);
                }
            }
        }
    }

    /** As the heads' are, on every level of the pyramid. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void gradientsOfWeightsThatAreUsedSeveralTimesAddUp(Precision precision) {
        assumeTrue(OneDnn.supports(precision), "this processor has no bf16");
        int[] sides = {32, 7, 1, 3};
        float[] w = random(48 * 32 * 9, 1);
        double[] expected = new double[w.length];
        try (NDManager manager = NDManager.newBaseManager();
                PackedWeights packed = new PackedWeights()) {
            EngineBridge.of(manager).recordNothing();
            NDArray weights = manager.create(w, new Shape(48, 32, 3, 3));
            weights.setRequiresGradient(true);
            ParameterGradients gradients = new ParameterGradients(List.of(weights));
            for (int use = 0; use < 3; use++) {
                gradients.clear();
                backward(manager, precision, packed, weights, gradients, sides[use]);
                float[] terms = weights.getGradient().toFloatArray();
                for (int i = 0; i < terms.length; i++) {
                    expected[i] += 2.0 * terms[i];
                }
            }
            gradients.clear();
            for (int pass = 0; pass < 2; pass++) { // the second adds to the first
                backward(manager, precision, packed, weights, gradients, sides);
            }
            assertClose("dw", weights.getGradient().toFloatArray(), expected, 1e-6);
        }
    }

    /** Convolves a map of each side. The last of four has no gradient. */
    private static void backward(
            NDManager manager,
            Precision precision,
            PackedWeights packed,
            NDArray weights,
            ParameterGradients gradients,
            int... sides) {
        try (Tape tape = Tape.recording(manager, precision, packed, gradients)) {
            NDList outputs = new NDList();
            List<float[]> outputGradients = new ArrayList<>();
            for (int side : sides) {
                Shape input = new Shape(2, 32, side, side);
                NDArray x = tape.enter(direct(random(input.size(), side)), input);
                NDArray y =
                        ConvolutionFunction.apply(
                                (MapArray) x, weights, null, 1, 1, 1, 1, Precision.FLOAT32);
                if (outputs.size() < 3) {
                    outputs.add(y);
                    outputGradients.add(random(y.size(), 10 + side));
                }
            }
            tape.backward(outputs, outputGradients);
            gradients.finish();
        }
    }
}
