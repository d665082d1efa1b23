package dev.fern.detection.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RingAllReduceTest {

    /** The values of a worker, some in the memory of an engine and some in Java's. */
    private static List<FloatBuffer> values(int rank, int... lengths) {
        Random random = new Random(rank);
        List<FloatBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            FloatBuffer buffer =
                    i % 2 == 0
                            ? FloatBuffer.allocate(lengths[i])
                            : ByteBuffer.allocateDirect(Float.BYTES * lengths[i])
                                    .order(ByteOrder.nativeOrder())
                                    .asFloatBuffer();
            for (int k = 0; k < lengths[i]; k++) {
                buffer.put(k, (float) random.nextGaussian());
            }
            buffers.add(buffer);
        }
        return buffers;
    }

    private static float[] flat(List<FloatBuffer> buffers) {
        float[] all = new float[buffers.stream().mapToInt(FloatBuffer::capacity).sum()];
        int at = 0;
        for (FloatBuffer buffer : buffers) {
            buffer.get(0, all, at, buffer.capacity());
            at += buffer.capacity();
        }
        return all;
    }

    private static float[] sum(RingAllReduce ring, int... lengths) throws Exception {
        List<FloatBuffer> own = values(ring.rank(), lengths);
        ring.sum(own);
        return flat(own);
    }

    /** Of pieces of all sizes, the smallest fewer values than workers. */
    @ParameterizedTest
    @CsvSource({"2, 1, 0", "2, 200000, 70001", "3, 2, 1", "3, 300000, 5", "4, 262144, 262144"})
    void everyWorkerGetsTheSumOfAll(int workers, int first, int second) throws Exception {
        int[] lengths = {first, second, 0, 7};
        double[] expected = new double[first + second + 7];
        for (int rank = 0; rank < workers; rank++) {
            float[] own = flat(values(rank, lengths));
            for (int i = 0; i < own.length; i++) {
                expected[i] += own[i];
            }
        }
        try (Rings rings = Rings.of(workers)) {
            List<float[]> sums = rings.run(ring -> sum(ring, lengths));
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) sums.get(0)[i])
                        .isCloseTo(
                                expected[i],
                                org.assertj.core.data.Offset.offset(4 * workers * 1e-7));
            }
            for (float[] sum : sums) {
                assertThat(Arrays.equals(sum, sums.get(0))).isTrue();
            }
            List<float[]> again = rings.run(ring -> sum(ring, lengths));
            assertThat(Arrays.equals(again.get(0), sums.get(0))).isTrue();
        }
    }

    @Test
    void oneWorkerKeepsItsValues() throws Exception {
        assertThat(sum(RingAllReduce.alone(), 5, 3)).isEqualTo(flat(values(0, 5, 3)));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void everyWorkerGetsTheBitsOfTheFirst(int workers) throws Exception {
        float[] special = {-0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 1};
        try (Rings rings = Rings.of(workers)) {
            for (float[] got :
                    rings.run(
                            ring -> {
                                float[] own = new float[100_005];
                                if (ring.rank() == 0) {
                                    System.arraycopy(special, 0, own, 100_000, 5);
                                }
                                ring.broadcast(List.of(FloatBuffer.wrap(own)));
                                return Arrays.copyOfRange(own, 100_000, 100_005);
                            })) {
                for (int i = 0; i < special.length; i++) {
                    assertThat(Float.floatToRawIntBits(got[i]))
                            .isEqualTo(Float.floatToRawIntBits(special[i]));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void messagesAreKnownToAllByRank(int workers) throws Exception {
        try (Rings rings = Rings.of(Math.max(2, workers))) {
            List<List<String>> all =
                    rings.run(
                            ring -> {
                                RingAllReduce used = workers == 1 ? RingAllReduce.alone() : ring;
                                byte[] own = ("worker " + used.rank()).getBytes();
                                List<String> texts = new ArrayList<>();
                                used.gather(own).forEach(text -> texts.add(new String(text)));
                                texts.add(new String(used.broadcast(own)));
                                return texts;
                            });
            List<String> expected = new ArrayList<>();
            for (int rank = 0; rank < workers; rank++) {
                expected.add("worker " + rank);
            }
            expected.add("worker 0");
            assertThat(all).allSatisfy(texts -> assertThat(texts).isEqualTo(expected));
        }
    }

    @Test
    void allNoticeWithinSecondsThatOneHasEnded() throws Exception {
        try (Rings rings = Rings.of(4)) {
            List<Future<Object>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 2) {
                                    ring.close();
                                } else {
                                    sum(ring, 1_000_000);
                                }
                                return null;
                            });
            for (int rank : new int[] {0, 1, 3}) {
                String neighbours = "[" + (rank + 1) % 4 + (rank + 3) % 4 + "]";
                requireLost(ends.get(rank), 10, neighbours);
            }
        }
    }

    /** Requires that a worker tells of a lost one, whose rank a pattern has, and why it is lost. */
    private static AbstractThrowableAssert<?, ?> requireLost(
            Future<Object> end, int seconds, String rank) {
        return assertThatThrownBy(() -> end.get(seconds, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(LostWorkerException.class)
                .hasMessageMatching(
                        "lost worker " + rank + " \\(.*127\\.0\\.0\\.1:\\d+\\): .+(?<!null)");
    }

    /** Of three, so that the one before, which stays in the ring and silent, is another one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWorkerThatNothingCanBeSentToIsNamed(boolean sums) throws Exception {
        try (Rings rings = Rings.of(3)) {
            rings.run(
                    ring -> {
                        if (ring.rank() == 1) {
                            ring.close();
                        }
                        return null;
                    });
            List<Future<Object>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 0) {
                                    // more than the system takes without a reader
                                    List<FloatBuffer> own = List.of(FloatBuffer.allocate(8 << 20));
                                    if (sums) {
                                        ring.sum(own);
                                    } else {
                                        ring.broadcast(own);
                                    }
                                }
                                return null;
                            });
            requireLost(ends.get(0), 60, "1");
        }
    }

    @Test
    void workersThatDoNotFitTogetherSaySo() throws Exception {
        assertThat(failures(ring -> sum(ring, 5 + ring.rank())))
                .anyMatch(
                        message ->
                                message.contains("5 values where worker 1 has 6")
                                        || message.contains("6 values where worker 0 has 5"));
        assertThat(failures(ring -> ring.rank() == 0 ? sum(ring, 5) : ring.gather(new byte[20])))
                .anyMatch(message -> message.contains("another point of the training"));
    }

    /** Returns how two workers fail; the one that closes first may hide the reason of the other. */
    private static List<String> failures(Rings.Work<Object> work) throws Exception {
        List<String> messages = new ArrayList<>();
        try (Rings rings = Rings.of(2)) {
            for (Future<Object> end : rings.start(work)) {
                assertThatThrownBy(() -> end.get(10, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(LostWorkerException.class)
                        .satisfies(failure -> messages.add(failure.getMessage()));
            }
        }
        return messages;
    }

    @Test
    void anInterruptEndsTheWaiting() throws Exception {
        try (Rings rings = Rings.of(2)) {
            List<Future<Object>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 0) {
                                    Thread.currentThread().interrupt();
                                } else {
                                    // the other may have sent its message before it ended
                                    ring.gather(new byte[1]);
                                }
                                return ring.gather(new byte[1]);
                            });
            assertThatThrownBy(() -> ends.get(0).get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThatThrownBy(() -> ends.get(1).get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(LostWorkerException.class);
        }
    }

    /** The other worker reads nothing before, so that the values can't all be with the system. */
    @Test
    void anInterruptWhileValuesAreSentClosesTheRing() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        try (Rings rings = Rings.of(2)) {
            List<Future<Object>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 0) {
                                    Thread.currentThread().interrupt();
                                } else {
                                    interrupted.await();
                                }
                                ring.broadcast(List.of(FloatBuffer.allocate(16 << 20))); // 64 MiB
                                return null;
                            });
            assertThatThrownBy(() -> ends.get(0).get(60, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(InterruptedException.class);
            interrupted.countDown();
            requireLost(ends.get(1), 60, "0");
        }
    }

    /** What is sent then goes nowhere, and nobody waits for it. */
    @Test
    void aRingThatIsClosedSaysSo() throws Exception {
        try (Rings rings = Rings.of(2)) {
            List<Future<Object>> ends =
                    rings.start(
                            ring -> {
                                ring.close();
                                ring.broadcast(List.of(FloatBuffer.allocate(1)));
                                return null;
                            });
            for (int rank = 0; rank < 2; rank++) {
                requireLost(ends.get(rank), 60, String.valueOf(1 - rank))
                        .hasMessageEndingWith("this worker has closed the connection");
            }
        }
    }
}
