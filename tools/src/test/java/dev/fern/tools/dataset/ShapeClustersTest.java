package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.tools.dataset.ShapeClusters.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShapeClustersTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void centresAreAsGoodAsTheMeansOfTheBestOfAllPartitions(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Shape> shapes =
                IntStream.range(0, 9)
                        .mapToObj(
                                i ->
                                        new Shape(
                                                Math.exp(random.nextDouble(1, 6)),
                                                Math.exp(random.nextDouble(1, 6))))
                        .toList();
        double best = 0;
        for (int partition = 0; partition < Math.pow(3, shapes.size()); partition++) {
            best = Math.max(best, meanIou(shapes, means(shapes, partition)));
        }
        List<Shape> centres = ShapeClusters.centres(shapes, 3);
        assertThat(centres).hasSize(3).isEqualTo(ShapeClusters.centres(shapes, 3));
        // No mean maximises the IoU itself: centres that are shapes may be better than means.
        assertThat(meanIou(shapes, centres))
                .isGreaterThanOrEqualTo(best)
                .isCloseTo(ShapeClusters.meanIou(shapes, centres), within(1e-12));
    }

    /** Returns the mean of each group where the digits of a number to base 3 are the groups. */
    private static List<Shape> means(List<Shape> shapes, int partition) {
        double[][] sums = new double[3][3];
        int digits = partition;
        for (Shape shape : shapes) {
            double[] sum = sums[digits % 3];
            sum[0] += Math.log(shape.width());
            sum[1] += Math.log(shape.height());
            sum[2]++;
            digits /= 3;
        }
        List<Shape> means = new ArrayList<>();
        for (double[] sum : sums) {
            if (sum[2] > 0) {
                means.add(new Shape(Math.exp(sum[0] / sum[2]), Math.exp(sum[1] / sum[2])));
            }
        }
        return means;
    }

    private static double meanIou(List<Shape> shapes, List<Shape> centres) {
        double sum = 0;
        for (Shape a : shapes) {
            double best = 0;
            for (Shape b : centres) {
                double common = Math.min(a.width(), b.width()) * Math.min(a.height(), b.height());
                double union = a.width() * a.height() + b.width() * b.height() - common;
                best = Math.max(best, common / union);
            }
            sum += best;
        }
        return sum / shapes.size();
    }

    @Test
    void groupsThatLieFarApartAreFoundByRisingArea() {
        List<Shape> shapes = new ArrayList<>();
        for (int i = -2; i <= 2; i++) {
            shapes.add(new Shape(200 + i, 100 - i));
            shapes.add(new Shape(10 + 0.1 * i, 12));
            shapes.add(new Shape(40, 80 + i));
        }
        List<Shape> centres = ShapeClusters.centres(shapes, 3);
        double[][] expected = {{10, 12}, {40, 80}, {200, 100}};
        for (int c = 0; c < 3; c++) {
            assertThat(centres.get(c).width()).isCloseTo(expected[c][0], within(0.02));
            assertThat(centres.get(c).height()).isCloseTo(expected[c][1], within(0.05));
        }
    }

    @Test
    void fewerDifferentShapesHaveFewerCentres() {
        List<Shape> shapes = List.of(new Shape(3, 4), new Shape(3, 4), new Shape(30, 40));
        assertThat(ShapeClusters.centres(shapes, 5))
                .hasSize(2)
                .allMatch(
                        shape ->
                                shape.iou(new Shape(3, 4)) > 0.999999
                                        || shape.iou(new Shape(30, 40)) > 0.999999);
    }
}
