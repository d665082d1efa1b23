package dev.fern.detection.worker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Rings whose workers are threads of a test. */
public final class Rings implements AutoCloseable {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<RingAllReduce> members = new ArrayList<>();

    /** What a worker does. */
    @FunctionalInterface
    public interface Work<T> {
        /** Runs on the worker's thread. */
        T run(RingAllReduce ring) throws Exception;
    }

    private Rings() {}

    /** Makes a ring of so many workers. */
    public static Rings of(int size) throws Exception {
        Rings rings = new Rings();
        List<RingListener> listeners = new ArrayList<>();
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            listeners.add(RingListener.bind(InetAddress.getLoopbackAddress()));
            addresses.add(listeners.get(i).address());
        }
        byte[] secret = RingListener.newSecret();
        List<Callable<RingAllReduce>> joining = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            int rank = i;
            joining.add(
                    () ->
                            listeners
                                    .get(rank)
                                    .join(rank, addresses, secret, Duration.ofSeconds(30)));
        }
        for (Future<RingAllReduce> member : rings.threads.invokeAll(joining)) {
            rings.members.add(member.get());
        }
        return rings;
    }

    /** Runs work on a thread of its own, which {@link Future#cancel} interrupts. */
    static <T> Future<T> onThread(Callable<T> work) {
        FutureTask<T> end = new FutureTask<>(work);
        Thread thread = new Thread(end, "fern-ring-test");
        thread.setDaemon(true);
        thread.start();
        return end;
    }

    /** Lets every worker do something, and waits for all. */
    public <T> List<T> run(Work<T> work) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> result : start(work)) {
            results.add(result.get(2, TimeUnit.MINUTES));
        }
        return results;
    }

    /** Lets every worker do something. */
    public <T> List<Future<T>> start(Work<T> work) {
        return members.stream().map(member -> threads.submit(() -> work.run(member))).toList();
    }

    @Override
    public void close() throws IOException {
        for (RingAllReduce member : members) {
            member.close();
        }
        threads.shutdownNow();
    }
}
