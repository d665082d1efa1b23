package dev.fern.backbone.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.loop.WorkerThread;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.bytedeco.javacpp.IntPointer;
import org.junit.jupiter.api.Test;

class CodeCacheTest {

    private record Task(int number) {}

    /** Code of one number. */
    private static final class Code extends NativeCode {
        final IntPointer number;

        Code(Task task) {
            number = keep(new IntPointer(new int[] {task.number}));
        }
    }

    private final CodeCache cache = new CodeCache(2);

    private Code get(int number) {
        return (Code) cache.get(new Task(number), task -> new Code((Task) task));
    }

    /** Runs something on a new thread that may take so many cores. */
    private static <T> T on(int cores, Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        new WorkerThread(
                        () -> {
                            try {
                                result.complete(work.call());
                            } catch (Exception e) {
                                result.completeExceptionally(e);
                            }
                        },
                        "test",
                        cores)
                .start();
        return result.join();
    }

    @Test
    void codeIsMadeOnceForThreadsOfAsManyCores() {
        Code first = on(1, () -> get(1));
        assertThat(on(1, () -> get(1))).isSameAs(first);
        assertThat(on(2, () -> get(1))).isNotSameAs(first);
        assertThat(get(1)).isNotSameAs(first);
    }

    @Test
    void theLeastRecentlyUsedCodeIsFreedAtOnce() {
        Code first = get(1);
        Code second = get(2);
        get(1);
        get(3);
        assertThat(second.number.isNull()).isTrue();
        assertThat(first.number.get()).isEqualTo(1);
        assertThat(get(2)).isNotSameAs(second);
    }

    @Test
    void codeLivesAsLongAsAThreadHoldsIt() {
        Code[] first = new Code[1];
        on(
                1,
                () -> {
                    first[0] = get(1);
                    return on(
                            1,
                            () -> {
                                assertThat(get(1)).isSameAs(first[0]);
                                get(2);
                                get(3);
                                assertThat(first[0].number.get()).isEqualTo(1);
                                return null;
                            });
                });
    }
}
