package dev.fern.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.onnx.ActivationRanges.Range;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ValueHistogramTest {

    @Test
    void evenlySpreadValuesKeepTheirWholeRange() {
        float[] values = new float[10_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = -1 + 3f * i / (values.length - 1);
        }
        Range range = range(values);
        assertThat(range.min()).isCloseTo(-1, within(0.05f));
        assertThat(range.max()).isCloseTo(2, within(0.1f));
    }

    @Test
    void anOutlierIsClippedWhereThatRoundsTheOthersBetter() {
        Random random = new Random(1);
        float[] values = new float[1_000_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        values[7] = 4;
        Range range = range(values);
        assertThat(range.min()).isZero();
        assertThat(range.max()).isBetween(1f, 2f);
        assertThat(squaredError(values, range)).isLessThan(squaredError(values, new Range(0, 4)));
    }

    @Test
    void theOrderOfValuesDoesNotMatter() {
        ValueHistogram small = new ValueHistogram();
        small.add(new float[] {1e-6f, -2e-6f, 3e-6f});
        small.add(new float[] {50, -20});
        ValueHistogram large = new ValueHistogram();
        large.add(new float[] {-20, 3e-6f, 50});
        large.add(new float[] {-2e-6f, 1e-6f});
        assertThat(small.range()).isEqualTo(large.range());
    }

    @Test
    void aMapOfZerosHasARangeAndOneWithoutFiniteValuesIsRefused() {
        assertThat(range(0, 0).max()).isPositive();
        assertThatThrownBy(() -> range(1, Float.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> range(Float.NEGATIVE_INFINITY))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Range range(float... values) {
        ValueHistogram histogram = new ValueHistogram();
        histogram.add(values);
        return histogram.range();
    }

    private static double squaredError(float[] values, Range range) {
        double step = (range.max() - range.min()) / 255.0;
        double error = 0;
        for (float value : values) {
            double clipped = Math.max(range.min(), Math.min(range.max(), value));
            error +=
                    Math.pow(
                            range.min() + step * Math.round((clipped - range.min()) / step) - value,
                            2);
        }
        return error;
    }
}
