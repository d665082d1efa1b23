package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TensorTest {

    @Test
    void tensorsAreEqualByShapeAndValues() {
        Tensor tensor = new Tensor(new long[] {2, 1}, new float[] {1, 2});
        assertThat(tensor).isEqualTo(new Tensor(new long[] {2, 1}, new float[] {1, 2}));
        assertThat(tensor).hasSameHashCodeAs(new Tensor(new long[] {2, 1}, new float[] {1, 2}));
        assertThat(tensor).isNotEqualTo(new Tensor(new long[] {1, 2}, new float[] {1, 2}));
        assertThat(tensor).isNotEqualTo(new Tensor(new long[] {2, 1}, new float[] {1, 3}));
    }

    @Test
    void shapesThatDoNotHoldTheValuesAreRefused() {
        long[][] shapes = {{3}, {-1, -2}, {-2}, {1L << 32, 1L << 32}, {1L << 62, 4}, {0}};
        for (long[] shape : shapes) {
            assertThatThrownBy(() -> new Tensor(shape, new float[2]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
