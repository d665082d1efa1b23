package dev.fern.cocoeval.id;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class IdPositionsTest {
    private static final long[] EDGES = {
        0, -1, 1, 65_535, 65_536, 65_537, Long.MAX_VALUE, Long.MIN_VALUE, IdTable.LEAST_ORDINARY
    };

    @Test
    void findsTheFirstOfEqualIdsWhateverTheirSize() {
        Random random = new Random(3);
        for (int round = 0; round < 200; round++) {
            long[] ids = random.longs(random.nextInt(30), -2, 20).toArray();
            for (int i = 0; i < ids.length; i++) {
                ids[i] = random.nextInt(4) == 0 ? EDGES[random.nextInt(EDGES.length)] : ids[i];
            }
            IdPositions positions = new IdPositions(ids);
            assertThat(positions.isEmpty()).isEqualTo(ids.length == 0);
            LongStream.concat(LongStream.of(EDGES), LongStream.range(-5, 25))
                    .forEach(
                            id -> {
                                int first = firstIndex(ids, id);
                                assertThat(positions.of(id)).isEqualTo(first);
                                assertThat(positions.contains(id)).isEqualTo(first >= 0);
                            });
        }
    }

    @Test
    void neverFindsTheIdThatMeansNone() {
        IdPositions positions = new IdPositions(new long[] {IdTable.NONE, 7});
        assertThat(positions.of(IdTable.NONE)).isEqualTo(IdPositions.ABSENT);
        assertThat(positions.of(7)).isEqualTo(1);
        assertThat(new IdPositions(new long[] {IdTable.NONE}).isEmpty()).isTrue();
    }

    private static int firstIndex(long[] ids, long id) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return IdPositions.ABSENT;
    }
}
