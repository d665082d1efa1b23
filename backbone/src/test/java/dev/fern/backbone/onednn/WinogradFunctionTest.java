package dev.fern.backbone.onednn;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.distance;
import static dev.fern.backbone.onednn.ConvolutionFunctionTest.channelsLast;
import static dev.fern.backbone.onednn.ConvolutionFunctionTest.direct;
import static dev.fern.backbone.onednn.ConvolutionFunctionTest.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Convolutions by Winograd's minimal filtering and their gradients, some elements of each drawn and
 * compared with sums in float64.
 */
@Tag("engine")
class WinogradFunctionTest {

    private static final int SAMPLES = 400;

    @BeforeAll
    static void requireLibrary() {
        assumeTrue(OneDnn.isAvailable(), "oneDNN has no library for this platform");
    }

    /** What is convolved, and a reference in float64 of single elements. */
    private static final class Case {
        final int images;
        final int inputs;
        final int outputs;
        final int height;
        final int width;
        final float[] x;
        final float[] w;
        final float[] b;
        final float[] dy;

        Case(int images, int inputs, int outputs, int height, int width) {
            this.images = images;
            this.inputs = inputs;
            this.outputs = outputs;
            this.height = height;
            this.width = width;
            x = random(input().size(), 1);
            w = random(weights().size(), 2);
            b = random(outputs, 3);
            dy = random(output().size(), 4);
        }

        Shape input() {
            return new Shape(images, inputs, height, width);
        }

        Shape output() {
            return new Shape(images, outputs, height, width);
        }

        Shape weights() {
            return new Shape(outputs, inputs, 3, 3);
        }

        /** Returns the place of an element in a map, or -1 where there is none. */
        private int at(int image, int channel, int channels, int row, int column) {
            return row < 0 || row >= height || column < 0 || column >= width
                    ? -1
                    : ((image * channels + channel) * height + row) * width + column;
        }

        double y(int element) {
            int place = element % (height * width);
            int f = element / (height * width) % outputs;
            int n = element / (height * width * outputs);
            double sum = b[f];
            for (int c = 0; c < inputs; c++) {
                for (int tap = 0; tap < 9; tap++) {
                    int row = place / width - 1 + tap / 3;
                    int from = at(n, c, inputs, row, place % width - 1 + tap % 3);
                    sum += from < 0 ? 0 : (double) x[from] * w[(f * inputs + c) * 9 + tap];
                }
            }
            return sum;
        }

        double dx(int element) {
            int place = element % (height * width);
            int c = element / (height * width) % inputs;
            int n = element / (height * width * inputs);
            double sum = 0;
            for (int f = 0; f < outputs; f++) {
                for (int tap = 0; tap < 9; tap++) {
                    int row = place / width + 1 - tap / 3;
                    int from = at(n, f, outputs, row, place % width + 1 - tap % 3);
                    sum += from < 0 ? 0 : (double) dy[from] * w[(f * inputs + c) * 9 + tap];
                }
            }
            return sum;
        }

        double dw(int element) {
            int tap = element % 9;
            int c = element / 9 % inputs;
            int f = element / (9 * inputs);
            double sum = 0;
            for (int n = 0; n < images; n++) {
                for (int place = 0; place < height * width; place++) {
                    int row = place / width - 1 + tap / 3;
                    int from = at(n, c, inputs, row, place % width - 1 + tap % 3);
                    int to = at(n, f, outputs, place / width, place % width);
                    sum += from < 0 ? 0 : (double) x[from] * dy[to];
                }
            }
            return sum;
        }

        double db(int f) {
            double sum = 0;
            for (int n = 0; n < images; n++) {
                for (int place = 0; place < height * width; place++) {
                    sum += dy[at(n, f, outputs, place / width, place % width)];
                }
            }
            return sum;
        }
    }

    private static void assertSampled(String what, float[] actual, IntToDoubleFunction expected) {
        int[] elements =
                new Random(5).ints(SAMPLES, 0, actual.length).sorted().distinct().toArray();
        elements[0] = 0;
        elements[elements.length - 1] = actual.length - 1;
        double[] exact = Arrays.stream(elements).mapToDouble(expected).toArray();
        float[] drawn = new float[elements.length];
        float[] rounded = new float[elements.length];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = actual[elements[i]];
            rounded[i] = (float) exact[i];
        }
        assertThat(distance(drawn, rounded)).as(what).isLessThan(1e-5);
        assertClose(what, drawn, exact, 1e-4);
    }

    /** The last two have several strips, of which the last reaches beyond the map. */
    @ParameterizedTest
    @CsvSource({
        "2, 128, 128, 32, 32",
        "1, 130, 129, 29, 35",
        "1, 128, 300, 64, 13",
        "1, 256, 128, 121, 66",
        "1, 128, 810, 41, 64"
    })
    void equalsSumsInFloat64(int images, int inputs, int outputs, int height, int width) {
        Case s = new Case(images, inputs, outputs, height, width);
        assertThat(WinogradFunction.suits(shape(inputs, outputs, height, width))).isTrue();
        try (NDManager manager = NDManager.newBaseManager()) {
            EngineBridge.of(manager).recordNothing();
            NDArray weights = trained(manager, s.w, s.weights());
            NDArray bias = trained(manager, s.b, new Shape(outputs));
            ParameterGradients gradients = new ParameterGradients(List.of(weights, bias));
            try (PackedWeights packed = new PackedWeights();
                    Tape tape = Tape.recording(manager, Precision.FLOAT32, packed, gradients)) {
                MapArray input = (MapArray) tape.enterWanted(direct(s.x), s.input());
                MapArray output = convolve(input, weights, bias);
                assertThat(output.getShape()).isEqualTo(s.output());
                assertSampled("y", EngineBridge.of(output).copy(output), s::y);
                tape.backward(new NDList(output), List.of(channelsLast(s.dy, s.output())));
                assertSampled("dx", tape.gradientOf(input), s::dx);
                assertSampled("dw", weights.getGradient().toFloatArray(), s::dw);
                assertSampled("db", bias.getGradient().toFloatArray(), s::db);
            }
        }
    }

    /** As a head's convolution on a large level of the pyramid and on a small one. */
    @Test
    void gradientsAddUpWithThoseOfMapsThatAreConvolvedDirectly() {
        int[] sides = {40, 5, 33, 12};
        float[] w = random(128 * 128 * 9, 1);
        double[] expected = new double[w.length];
        try (NDManager manager = NDManager.newBaseManager();
                PackedWeights packed = new PackedWeights()) {
            EngineBridge.of(manager).recordNothing();
            NDArray weights = trained(manager, w, new Shape(128, 128, 3, 3));
            ParameterGradients gradients = new ParameterGradients(List.of(weights));
            for (int side : sides) {
                gradients.clear();
                backward(manager, packed, weights, gradients, side);
                float[] terms = weights.getGradient().toFloatArray();
                for (int i = 0; i < terms.length; i++) {
                    expected[i] += terms[i];
                }
            }
            gradients.clear();
            backward(manager, packed, weights, gradients, sides);
            assertClose("dw", weights.getGradient().toFloatArray(), expected, 1e-6);
        }
    }

    private static void backward(
            NDManager manager,
            PackedWeights packed,
            NDArray weights,
            ParameterGradients gradients,
            int... sides) {
        try (Tape tape = Tape.recording(manager, Precision.FLOAT32, packed, gradients)) {
            NDList outputs = new NDList();
            List<float[]> outputGradients = new ArrayList<>();
            for (int side : sides) {
                Shape input = new Shape(1, 128, side, side);
                NDArray x = tape.enter(direct(random(input.size(), side)), input);
                outputs.add(convolve((MapArray) x, weights, null));
                outputGradients.add(random(input.size(), 10 + side));
            }
            tape.backward(outputs, outputGradients);
        }
    }

    @Test
    void onlyLargeMapsOfManyChannelsInFloat32AreTransformed() {
        assertThat(WinogradFunction.suits(shape(128, 128, 32, 32))).isTrue();
        assertThat(WinogradFunction.suits(shape(128, 128, 28, 32))).isFalse();
        assertThat(WinogradFunction.suits(shape(256, 36, 64, 64))).isFalse();
        for (ConvolutionShape other :
                List.of(
                        new ConvolutionShape(
                                256,
                                256,
                                64,
                                64,
                                3,
                                1,
                                1,
                                1,
                                1,
                                true,
                                Precision.BFLOAT16,
                                Precision.BFLOAT16),
                        shape(1, 1, 1, 1, 1),
                        shape(3, 2, 1, 1, 1),
                        shape(3, 1, 0, 1, 1),
                        shape(3, 1, 1, 2, 1),
                        shape(3, 1, 1, 1, 2))) {
            assertThat(WinogradFunction.suits(other)).as(other.toString()).isFalse();
        }
    }

    private static ConvolutionShape shape(
            int kernel, int stride, int padding, int dilation, int groups) {
        return new ConvolutionShape(
                256,
                256,
                64,
                64,
                kernel,
                stride,
                padding,
                dilation,
                groups,
                true,
                Precision.FLOAT32,
                Precision.FLOAT32);
    }

    private static ConvolutionShape shape(int inputs, int outputs, int height, int width) {
        return new ConvolutionShape(
                inputs,
                outputs,
                height,
                width,
                3,
                1,
                1,
                1,
                1,
                true,
                Precision.FLOAT32,
                Precision.FLOAT32);
    }

    private static NDArray trained(NDManager manager, float[] values, Shape shape) {
        NDArray parameter = manager.create(values, shape);
        parameter.setRequiresGradient(true);
        return parameter;
    }

    private static MapArray convolve(MapArray x, NDArray weights, NDArray bias) {
        return ConvolutionFunction.apply(x, weights, bias, 1, 1, 1, 1, Precision.FLOAT32);
    }
}
