package dev.fern.backbone.convolution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions and their gradients against sums in float64. */
class ConvolutionKernelTest {

    private static final String SHAPES =
            """
            # images, inputs, outputs, height, width, kernel, stride, padding, bias
            1, 1, 1, 1, 1, 1, 1, 0, false
            1, 1, 1, 1, 1, 3, 1, 1, true
            2, 3, 5, 7, 9, 3, 1, 1, true
            3, 17, 33, 5, 4, 1, 1, 0, false
            1, 3, 16, 31, 33, 7, 2, 3, false
            2, 16, 32, 8, 8, 3, 2, 1, true
            1, 32, 16, 9, 13, 1, 2, 0, false
            2, 20, 36, 3, 2, 3, 1, 1, true
            1, 64, 64, 16, 16, 3, 1, 1, false
            """;

    @BeforeAll
    static void requireLibrary() {
        assumeTrue(OneDnn.isAvailable(), "oneDNN has no library for this platform");
    }

    /** An array with the values in float64 that a reference computes with. */
    private record Values(FloatBuffer floats, double[] doubles) {

        static Values random(int size, long seed, boolean rounded) {
            Random random = new Random(seed);
            FloatBuffer floats = direct(size);
            double[] doubles = new double[size];
            for (int i = 0; i < size; i++) {
                floats.put(i, (float) random.nextGaussian());
                doubles[i] = rounded ? bfloat16(floats.get(i)) : floats.get(i);
            }
            return new Values(floats, doubles);
        }

        /** Rounds to 8 bits of mantissa, ties to even. */
        private static float bfloat16(float value) {
            int bits = Float.floatToRawIntBits(value);
            return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
        }
    }

    private static FloatBuffer direct(int size) {
        return ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** Called for each product of a convolution with the indices of its three factors. */
    private interface Product {
        void at(int input, int weight, int output);
    }

    private static void forEachProduct(ConvolutionShape s, int images, Product product) {
        int k = s.kernel();
        for (int n = 0; n < images; n++) {
            for (int f = 0; f < s.outputs(); f++) {
                for (int y = 0; y < s.outputHeight(); y++) {
                    for (int x = 0; x < s.outputWidth(); x++) {
                        int out =
                                ((n * s.outputs() + f) * s.outputHeight() + y) * s.outputWidth()
                                        + x;
                        for (int c = 0; c < s.inputs(); c++) {
                            for (int i = 0; i < k * k; i++) {
                                int row = y * s.stride() - s.padding() + i / k;
                                int column = x * s.stride() - s.padding() + i % k;
                                if (row >= 0
                                        && row < s.height()
                                        && column >= 0
                                        && column < s.width()) {
                                    product.at(
                                            ((n * s.inputs() + c) * s.height() + row) * s.width()
                                                    + column,
                                            (f * s.inputs() + c) * k * k + i,
                                            out);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static void assertClose(FloatBuffer actual, double[] expected) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual.get(i) - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        // The reference rounds the factors as bfloat16 does, so that only float32 sums differ.
        assertThat(Math.sqrt(error)).isLessThanOrEqualTo(1e-6 * Math.sqrt(size) + 1e-12);
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void float32(int n, int c, int f, int h, int w, int k, int stride, int padding, boolean bias) {
        check(n, new ConvolutionShape(c, f, h, w, k, stride, padding, bias, Precision.FLOAT32));
    }

    @ParameterizedTest
    @CsvSource(textBlock = SHAPES)
    void bfloat16(int n, int c, int f, int h, int w, int k, int stride, int padding, boolean bias) {
        check(n, new ConvolutionShape(c, f, h, w, k, stride, padding, bias, Precision.BFLOAT16));
    }

    private static void check(int images, ConvolutionShape s) {
        boolean rounded = s.precision() == Precision.BFLOAT16;
        Values x = Values.random(images * s.inputSize(), 1, rounded);
        Values w = Values.random(s.outputs() * s.inputs() * s.kernel() * s.kernel(), 2, rounded);
        Values b = Values.random(s.outputs(), 3, false);
        Values dy = Values.random(images * s.outputSize(), 4, rounded);
        int place = s.outputHeight() * s.outputWidth();
        double[] y = new double[images * s.outputSize()];
        double[] dx = new double[x.doubles.length];
        double[] dw = new double[w.doubles.length];
        double[] db = new double[s.outputs()];
        for (int i = 0; i < y.length; i++) {
            int channel = i / place % s.outputs();
            y[i] = s.bias() ? b.doubles[channel] : 0;
            db[channel] += dy.doubles[i];
        }
        forEachProduct(
                s,
                images,
                (input, weight, output) -> {
                    y[output] += x.doubles[input] * w.doubles[weight];
                    dx[input] += dy.doubles[output] * w.doubles[weight];
                    dw[weight] += dy.doubles[output] * x.doubles[input];
                });
        ConvolutionKernel kernel = OneDnn.kernel(s);
        FloatBuffer output = direct(y.length);
        kernel.forward(x.floats, w.floats, s.bias() ? b.floats : null, output);
        assertClose(output, y);
        FloatBuffer inputGradient = direct(dx.length);
        kernel.gradients().ofInput(w.floats, dy.floats, inputGradient);
        assertClose(inputGradient, dx);
        if (images == 1) {
            FloatBuffer weightsGradient = direct(dw.length);
            FloatBuffer biasGradient = s.bias() ? direct(db.length) : null;
            kernel.gradients().ofWeights(x.floats, dy.floats, weightsGradient, biasGradient);
            assertClose(weightsGradient, dw);
            if (s.bias()) {
                assertClose(biasGradient, db);
            }
        }
    }
}
