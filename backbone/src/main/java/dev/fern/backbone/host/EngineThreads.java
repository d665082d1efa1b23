package dev.fern.backbone.host;

import dev.fern.backbone.loop.WorkerThread;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Threads that call an engine beside each other, each with its share of the cores. A convolution of
 * MXNet gains little from a second core; two convolutions of different images, a core each, gain
 * nearly all.
 *
 * <p>On MXNet this needs its NaiveEngine, which runs an operator on the thread that asks for it and
 * keeps scratch memory by thread; its other engines take turns.
 */
public final class EngineThreads implements AutoCloseable {

    private final ExecutorService executor;

    /**
     * Starts the threads.
     *
     * @param engine DJL's name of the engine
     * @param count how many, 1 or more
     */
    public EngineThreads(String engine, int count) {
        int share = Math.max(1, cores() / count);
        executor = Executors.newFixedThreadPool(count, work -> new Member(work, engine, share));
    }

    /** A thread whose loops, the engine's and Java's, take no more than a number of cores. */
    private static final class Member extends WorkerThread {
        private final String engine;

        Member(Runnable work, String engine, int cores) {
            super(work, "engine", cores);
            this.engine = engine;
        }

        @Override
        public void run() {
            if (engine.equals("MXNet")) {
                MxNetLibrary.check(MxNetLibrary.MXSetNumOMPThreads(cores()));
            }
            super.run();
        }
    }

    /**
     * Returns how many threads are of use on an engine beside each other, on the CPU.
     *
     * @param engine DJL's name of the engine
     */
    public static int available(String engine) {
        return engine.equals("MXNet") && "NaiveEngine".equals(System.getenv("MXNET_ENGINE_TYPE"))
                ? cores()
                : 1;
    }

    /** Returns how many cores MXNet was given, no more than there are. */
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
