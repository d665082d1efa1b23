package dev.fern.backbone.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ParallelTest {

    @Test
    void everyRowIsHandledOnce() {
        for (int rows : new int[] {0, 1, 2, 7, 64, 1000}) {
            for (long rowLength : new long[] {1, 100_000, 1L << 40}) {
                AtomicIntegerArray visits = new AtomicIntegerArray(rows);
                Parallel.forRows(
                        rows,
                        rowLength,
                        (from, to) -> {
                            for (int row = from; row < to; row++) {
                                visits.incrementAndGet(row);
                            }
                        });
                int[] once = new int[rows];
                Arrays.fill(once, 1);
                assertThat(visits.toString()).isEqualTo(Arrays.toString(once));
            }
        }
    }

    @Test
    void anExceptionInAnyPartReachesTheCaller() {
        assertThatThrownBy(
                        () ->
                                Parallel.forRows(
                                        100,
                                        100_000,
                                        (from, to) -> {
                                            if (to == 100) {
                                                throw new IllegalStateException("the last part");
                                            }
                                        }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the last part");
    }
}
