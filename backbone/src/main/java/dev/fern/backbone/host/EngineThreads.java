package dev.fern.backbone.host;

import dev.fern.backbone.loop.WorkerThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Threads that call an engine at the same time, each with its share of the cores; {@link
 * EngineBridge#lanes} says how many of them an engine can use.
 */
public final class EngineThreads implements AutoCloseable {

    private final ExecutorService executor;

    /**
     * Starts the threads.
     *
     * @param engine the engine that they call, whose loops keep to a thread's share of the cores as
     *     Java's loops do
     * @param count the number of threads, 1 or more
     */
    public EngineThreads(EngineBridge engine, int count) {
        int share = share(count);
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

    /**
     * {@return how many cores each of some threads has for itself, 1 or more}
     *
     * @param count the number of threads, 1 or more
     */
    public static int share(int count) {
        return Math.max(1, cores() / count);
    }

    /**
     * {@return the number of cores that {@code OMP_NUM_THREADS} leaves to engines, at most as many
     * as there are; all of them where it is not set; the share of the calling thread where that is
     * a {@link WorkerThread}}
     */
    public static int cores() {
        if (Thread.currentThread() instanceof WorkerThread worker) {
            return worker.cores();
        }
        int cores = Runtime.getRuntime().availableProcessors();
        String given = System.getenv("OMP_NUM_THREADS");
        return given != null && given.matches("[1-9][0-9]{0,3}")
                ? Math.min(cores, Integer.parseInt(given))
                : cores;
    }

    /**
     * Runs tasks, as many at a time as there are threads, and waits until all have ended.
     *
     * @param <T> what each task returns
     * @param tasks run to their ends even where another one fails
     * @return their results, in the order of the tasks
     * @throws RuntimeException what the first failed task, in that order, has thrown; an Error is
     *     thrown in the same way
     * @throws IllegalStateException if the threads were closed before all tasks were taken on
     */
    public <T> List<T> run(List<Supplier<T>> tasks) {
        return start(tasks).get();
    }

    /**
     * Takes on tasks, which run as soon as threads are free.
     *
     * @param <T> what each task returns
     * @param tasks run to their ends even where another one fails
     * @return waits for the tasks, then returns and throws what {@link #run} does
     * @throws IllegalStateException if the threads were closed before all tasks were taken on;
     *     those that were have ended
     */
    public <T> Supplier<List<T>> start(List<Supplier<T>> tasks) {
        List<CompletableFuture<T>> running = new ArrayList<>(tasks.size());
        try {
            for (Supplier<T> task : tasks) {
                running.add(CompletableFuture.supplyAsync(task, executor));
            }
        } catch (RejectedExecutionException e) {
            awaitAll(running);
            throw new IllegalStateException("closed", e);
        }
        return () -> results(running);
    }

    private static <T> List<T> results(List<CompletableFuture<T>> running) {
        awaitAll(running);
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

    private static <T> void awaitAll(List<CompletableFuture<T>> running) {
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            // who asks for the results is told
        }
    }

    /**
     * Takes on no more tasks, and waits for the end of those that it has. Threads that are closed
     * stay so. An interrupt does not end the waiting.
     */
    @Override
    public void close() {
        executor.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (executor.awaitTermination(1, TimeUnit.DAYS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
