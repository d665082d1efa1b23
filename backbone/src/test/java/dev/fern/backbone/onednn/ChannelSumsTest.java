package dev.fern.backbone.onednn;

import static dev.fern.backbone.onednn.ConvolutionFunctionTest.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.backbone.onednn.ElementwiseKernels.Sums;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sums of each channel of a map, against sums in float64. */
@Tag("engine")
class ChannelSumsTest {

    private static final int IMAGES = 2;

    /** One float32 sum of the first of the maps is off by 3e-6, one of the third by 2e-5. */
    private static final double MOST_ERROR = 1.5e-6;

    @BeforeAll
    static void requireLibrary() {
        assumeTrue(OneDnn.isAvailable(), "oneDNN has no library for this platform");
    }

    private static MapMemory map(Workspace workspace, MapShape shape, float[] values) {
        MapMemory map = new MapMemory(workspace, shape);
        for (int n = 0; n < shape.images(); n++) {
            float[] image = new float[shape.imageSize()];
            System.arraycopy(values, n * image.length, image, 0, image.length);
            map.set(n, image);
        }
        return map;
    }

    /** Of some the last strip is shorter than the others; one has few places. */
    @ParameterizedTest
    @CsvSource({
        "64, 256, 256",
        "32, 301, 219",
        "3, 700, 501",
        "16, 40000, 1",
        "256, 61, 67",
        "64, 9, 8"
    })
    void theyAreExactHoweverLargeTheMap(int channels, int height, int width) {
        MapShape shape = new MapShape(IMAGES, channels, height, width, Precision.FLOAT32);
        float[] x = random(IMAGES * shape.imageSize(), 1);
        float[] y = random(IMAGES * shape.imageSize(), 2);
        try (Workspace workspace = new Workspace()) {
            MapMemory a = map(workspace, shape, x);
            MapMemory b = map(workspace, shape, y);
            for (int n = 0; n < IMAGES; n++) {
                Sums squares = ElementwiseKernels.sums(workspace, a, a, n);
                Sums products = ElementwiseKernels.sums(workspace, a, b, n);
                double[] expectedSquares = new double[channels];
                double[] expectedProducts = new double[channels];
                double[] expectedSums = new double[channels];
                double[] sizes = new double[channels];
                for (int i = 0; i < shape.imageSize(); i++) {
                    double first = x[n * shape.imageSize() + i];
                    double second = y[n * shape.imageSize() + i];
                    expectedSquares[i % channels] += first * first;
                    expectedProducts[i % channels] += first * second;
                    expectedSums[i % channels] += second;
                    sizes[i % channels] += second * second;
                }
                // Terms of both signs cancel: errors are measured by the sizes of the terms.
                requireNear(squares.products(), expectedSquares, expectedSquares);
                requireNear(products.products(), expectedProducts, sizes);
                requireNear(products.sums(), expectedSums, sizes);
            }
            a.release();
            b.release();
        }
    }

    /** Holds the errors of all channels together, in proportion to the sizes, to a bound. */
    private static void requireNear(double[] sums, double[] expected, double[] sizes) {
        double squares = 0;
        for (int c = 0; c < sums.length; c++) {
            squares += Math.pow((sums[c] - expected[c]) / sizes[c], 2);
        }
        assertThat(Math.sqrt(squares / sums.length)).isLessThan(MOST_ERROR);
    }

    @ParameterizedTest
    @CsvSource({"32, 301, 219", "256, 61, 67"})
    void theyDoNotDependOnTheBatch(int channels, int height, int width) {
        MapShape shape = new MapShape(IMAGES, channels, height, width, Precision.FLOAT32);
        float[] x = random(IMAGES * shape.imageSize(), 3);
        float[] second = new float[shape.imageSize()];
        System.arraycopy(x, second.length, second, 0, second.length);
        try (Workspace workspace = new Workspace()) {
            MapMemory both = map(workspace, shape, x);
            MapMemory alone = map(workspace, shape.image(), second);
            Sums expected = ElementwiseKernels.sums(workspace, alone, alone, 0);
            Sums found = ElementwiseKernels.sums(workspace, both, both, 1);
            assertThat(found.products()).isEqualTo(expected.products());
            assertThat(found.sums()).isEqualTo(expected.sums());
            both.release();
            alone.release();
        }
    }
}
