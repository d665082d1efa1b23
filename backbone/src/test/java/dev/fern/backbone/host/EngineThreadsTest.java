package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.backbone.loop.Parallel;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class EngineThreadsTest {

    @Test
    void tasksRunBesideEachOtherAndTheirResultsKeepTheirOrder() {
        CyclicBarrier meeting = new CyclicBarrier(3);
        Supplier<Integer> meet =
                () -> {
                    try {
                        return meeting.await();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                };
        try (EngineThreads threads = new EngineThreads(EngineBridge.of("MXNet"), 3)) {
            assertThat(threads.run(List.of(meet, meet, meet))).containsExactlyInAnyOrder(0, 1, 2);
            List<Supplier<String>> ordered =
                    List.of(
                            () -> {
                                pause();
                                return "first";
                            },
                            () -> "second");
            assertThat(threads.run(ordered)).containsExactly("first", "second");
        }
    }

    @Test
    void theFirstFailureIsThrownOnceAllTasksHaveEnded() {
        AtomicInteger ended = new AtomicInteger();
        List<Supplier<Integer>> tasks =
                List.of(
                        () -> {
                            throw new IllegalArgumentException("first");
                        },
                        () -> {
                            throw new IllegalStateException("second");
                        },
                        () -> {
                            pause();
                            return ended.incrementAndGet();
                        });
        try (EngineThreads threads = new EngineThreads(EngineBridge.of("MXNet"), 2)) {
            assertThatThrownBy(() -> threads.run(tasks))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("first");
            assertThat(ended).hasValue(1);
        }
    }

    @Test
    void loopsOfAThreadWithOneCoreStayOnIt() {
        try (EngineThreads threads =
                new EngineThreads(
                        EngineBridge.of("MXNet"), Runtime.getRuntime().availableProcessors())) {
            Supplier<Long> strangers =
                    () -> {
                        Thread own = Thread.currentThread();
                        AtomicInteger others = new AtomicInteger();
                        Parallel.forRows(
                                64,
                                1 << 12,
                                (from, to) -> {
                                    if (Thread.currentThread() != own) {
                                        others.incrementAndGet();
                                    }
                                });
                        return others.longValue();
                    };
            assertThat(threads.run(List.of(strangers))).containsExactly(0L);
        }
    }

    @Test
    void enginesOtherThanMxnetGetOneThread() {
        assertThat(EngineBridge.of("PyTorch").lanes()).isEqualTo(1);
        assertThat(EngineBridge.of("MXNet").lanes()).isPositive();
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
