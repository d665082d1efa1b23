package dev.fern.backbone.winograd;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;

import dev.fern.backbone.winograd.Transforms.Transform;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The transforms against the matrices of Lavin and Gray (2016), section 4.2, in float64. */
class TransformsTest {

    private static final double[][] B = {
        {4, 0, -5, 0, 1, 0},
        {0, -4, -4, 1, 1, 0},
        {0, 4, -4, -1, 1, 0},
        {0, -2, -1, 2, 1, 0},
        {0, 2, -1, -2, 1, 0},
        {0, 4, 0, -5, 0, 1}
    };

    private static final double[][] G = {
        {1 / 4.0, 0, 0},
        {-1 / 6.0, -1 / 6.0, -1 / 6.0},
        {-1 / 6.0, 1 / 6.0, -1 / 6.0},
        {1 / 24.0, 1 / 12.0, 1 / 6.0},
        {1 / 24.0, -1 / 12.0, 1 / 6.0},
        {0, 0, 1}
    };

    private static final double[][] A = {
        {1, 1, 1, 1, 1, 0},
        {0, 1, -1, 2, -2, 0},
        {0, 1, 1, 4, 4, 0},
        {0, 1, -1, 8, -8, 1}
    };

    private static double[][] transposed(double[][] matrix) {
        double[][] result = new double[matrix[0].length][matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < matrix[0].length; j++) {
                result[j][i] = matrix[i][j];
            }
        }
        return result;
    }

    static Stream<Arguments> transforms() {
        return Stream.of(
                transform("input", Transforms::input, B, false),
                transform("input's gradient", Transforms::addInputGradient, transposed(B), true),
                transform("weights", Transforms::weights, G, false),
                transform("weights' gradient", Transforms::weightsGradient, transposed(G), false),
                transform("output", Transforms::addOutput, A, true),
                transform("output's gradient", Transforms::outputGradient, transposed(A), false));
    }

    private static Arguments transform(
            String name, Transform transform, double[][] matrix, boolean adds) {
        return Arguments.of(name, transform, matrix, adds);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("transforms")
    void multipliesByItsMatrix(String name, Transform transform, double[][] matrix, boolean adds) {
        int count = 37;
        int from = 1;
        int step = 2;
        int to = 2;
        int stride = 3;
        float[][] x = random(from + matrix[0].length * step, 1);
        float[][] y = random(to + matrix.length * stride, 2);
        double[][] expected = new double[y.length][];
        for (int i = 0; i < y.length; i++) {
            expected[i] = widen(y[i]); // what lies between the results stays
        }
        for (int row = 0; row < matrix.length; row++) {
            for (int i = 0; i < count; i++) {
                double sum = adds ? y[to + row * stride][i] : 0;
                for (int k = 0; k < matrix[0].length; k++) {
                    sum += matrix[row][k] * x[from + k * step][i];
                }
                expected[to + row * stride][i] = sum;
            }
        }
        transform.apply(x, from, step, y, to, stride, count);
        for (int i = 0; i < y.length; i++) {
            assertClose(name, y[i], expected[i], 1e-6);
        }
    }

    private static float[][] random(int vectors, long seed) {
        Random random = new Random(seed);
        float[][] values = new float[vectors][40];
        for (float[] vector : values) {
            for (int i = 0; i < vector.length; i++) {
                vector[i] = (float) random.nextGaussian();
            }
        }
        return values;
    }
}
