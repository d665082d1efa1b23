package dev.fern.backbone.host;

import dev.fern.backbone.loop.WorkerThread;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Threads that call an engine at the same time, each with its share of the cores; {@link
 * EngineBridge#lanes} says how many of them an engine gains from.
 */
public final class EngineThreads implements AutoCloseable {

    private final ExecutorService executor;

    /**
     * Starts the threads.
     *
     * @param engine whose loops share the cores as those in Java do
     * @param count how many, 1 or more
     */
    public EngineThreads(EngineBridge engine, int count) {
        int share = Math.max(1, cores() / count);
        executor = Executors.newFixedThreadPool(count, work -> new Member(work, engine, share));
    }

    /** A thread whose loops, the engine's and Java's, take no more than a number of cores. */
    private static final class Member extends WorkerThread {
        private final EngineBridge engine;

        Member(Runnable work, EngineBridge engine, int cores) {
            super(work, "engine", cores);
            this.engine = engine;
        }

        @Override
        public void run() {
            engine.limitThreads(cores());
            super.run();
        }
    }

    /** Returns how many cores {@code OMP_NUM_THREADS} leaves to engines, no more than there are. */
    public static int cores() {
        int cores = Runtime.getRuntime().availableProcessors();
        String given = System.getenv("OMP_NUM_THREADS");
        return given != null && given.matches("[1-9][0-9]{0,3}")
                ? Math.min(cores, Integer.parseInt(given))
                : cores;
    }

    /**
     * Runs tasks, and waits until all have ended.
     *
     * @return their results, in order
     * @throws RuntimeException what the first task that failed threw
     */
    public <T> List<T> run(List<Supplier<T>> tasks) {
        List<CompletableFuture<T>> running =
                tasks.stream().map(task -> CompletableFuture.supplyAsync(task, executor)).toList();
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            // told below, of the first in order
        }
        try {
            return running.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
