package dev.fern.backbone.onednn;

import dev.fern.backbone.loop.WorkerThread;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The code for the tasks that came last. Each thread holds that of a number of tasks; threads that
 * may take as many cores share it, since oneDNN divides the work when it makes the code.
 */
final class CodeCache {

    private final int capacity;

    /** What each thread holds, the least recently used first. */
    private final ThreadLocal<Map<Record, NativeCode>> held =
            ThreadLocal.withInitial(() -> new LinkedHashMap<>(16, 0.75f, true));

    /** What some thread holds. A thread that ends leaves what it held to the garbage collector. */
    private final Map<Key, WeakReference<NativeCode>> shared = new HashMap<>();

    /**
     * What code is made for.
     *
     * @param cores how many a thread may take; 0 for all
     */
    private record Key(Record task, int cores) {
        static Key of(Record task) {
            return new Key(
                    task,
                    Thread.currentThread() instanceof WorkerThread worker ? worker.cores() : 0);
        }
    }

    /**
     * Makes an empty cache.
     *
     * @param capacity the most tasks whose code a thread holds
     */
    CodeCache(int capacity) {
        this.capacity = capacity;
    }

    /**
     * {@return the code for a task} It can be used until the calling thread has asked for that of
     * many others.
     *
     * @param maker makes the code where no thread has it
     */
    NativeCode get(Record task, Function<Record, NativeCode> maker) {
        Map<Record, NativeCode> own = held.get();
        NativeCode known = own.get(task);
        if (known == null) {
            known = share(Key.of(task), maker);
            own.put(task, known);
            if (own.size() > capacity) {
                giveUp(own.entrySet().iterator().next().getKey());
            }
        }
        return known;
    }

    private synchronized NativeCode share(Key key, Function<Record, NativeCode> maker) {
        WeakReference<NativeCode> reference = shared.get(key);
        NativeCode code = reference == null ? null : reference.get();
        if (code == null) {
            code = maker.apply(key.task);
            if (shared.size() >= 8 * capacity) {
                shared.values().removeIf(other -> other.get() == null);
            }
            shared.put(key, new WeakReference<>(code));
        }
        code.holders++;
        return code;
    }

    private synchronized void giveUp(Record task) {
        NativeCode code = held.get().remove(task);
        code.holders--;
        if (code.holders == 0) {
            shared.remove(Key.of(task));
            code.close();
        }
    }
}
