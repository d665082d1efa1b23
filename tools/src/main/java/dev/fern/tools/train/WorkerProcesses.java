package dev.fern.tools.train;

import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.loop.WorkerThread;
import dev.fern.backbone.onednn.OneDnn;
import dev.fern.detection.image.OpenCv;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.detection.worker.RingAllReduce;
import dev.fern.detection.worker.RingListener;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.VisibleText;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Processes of this machine that train together: this one, which leads, and others that it starts.
 * Each takes an equal share of the cores. Started, a process writes the port at which it listens as
 * a line to its standard output, and reads its rank, the common secret and the ports of all from
 * its standard input, where no other process can look.
 */
public final class WorkerProcesses implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int END_SECONDS = 10;

    /** What the system adds to the number of the signal that ended a process. */
    private static final int SIGNALLED = 128;

    /** With these a process ends that someone has told to. */
    private static final Set<Integer> TOLD = Set.of(SIGNALLED + 2, SIGNALLED + 15);

    private final List<Process> others = new ArrayList<>();
    private final List<CompletableFuture<Void>> tellings = new ArrayList<>();
    private final RingAllReduce ring;
    private volatile boolean areDestroyed;

    private WorkerProcesses(int count, List<String> arguments)
            throws IOException, InterruptedException {
        boolean joined = false;
        try (RingListener listener = RingListener.bind(LOOPBACK)) {
            int cores = EngineThreads.share(count);
            for (int rank = 1; rank < count; rank++) {
                others.add(start(rank, cores, arguments));
            }
            List<InetSocketAddress> addresses = new ArrayList<>(List.of(listener.address()));
            for (Process other : others) {
                addresses.add(new InetSocketAddress(LOOPBACK, port(other)));
            }
            byte[] secret = RingListener.newSecret();
            for (int i = 0; i < others.size(); i++) {
                invite(others.get(i), i + 1, secret, addresses);
            }
            ring = listener.join(0, addresses, secret, PATIENCE);
            joined = true;
        } finally {
            if (!joined) {
                destroyOthers();
            }
        }
    }

    /**
     * Starts processes, and joins them.
     *
     * @param count number of processes with this one, at least 1
     * @param arguments of {@code fern}, with which each of the others comes to {@link #follow}
     * @return this process, if it is to be alone, or all of them
     * @throws IOException if a process can't be started or does not join
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static WorkerProcesses start(int count, List<String> arguments)
            throws IOException, InterruptedException {
        // Processes that unpack native libraries into one folder at the same time would crash.
        OpenCv.load();
        OneDnn.isAvailable();
        return new WorkerProcesses(count, arguments);
    }

    private Process start(int rank, int cores, List<String> arguments) throws IOException {
        ProcessBuilder builder =
                FernProcess.of(List.of("-XX:ActiveProcessorCount=" + cores), arguments);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(cores));
        Process process = builder.start();
        Thread log =
                new Thread(
                        () -> copyLines(process.getErrorStream(), "worker " + rank + ": "),
                        "fern-worker-log");
        log.setDaemon(true);
        log.start();
        tellings.add(process.onExit().thenAccept(ended -> tellOfSignal(rank, ended.exitValue())));
        return process;
    }

    private void destroyOthers() {
        areDestroyed = true;
        others.forEach(Process::destroyForcibly);
    }

    private void tellOfSignal(int rank, int status) {
        if (!areDestroyed && status > SIGNALLED && !TOLD.contains(status)) {
            System.err.printf(
                    "worker %d: ended by signal %d%s%n",
                    rank,
                    status - SIGNALLED,
                    status == SIGNALLED + 9 ? ", perhaps because memory ran out" : "");
        }
    }

    private static void copyLines(InputStream from, String prefix) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.err.println(prefix + VisibleText.of(line));
            }
        } catch (IOException e) {
            return; // the process has ended
        }
    }

    private static int port(Process process) throws IOException {
        String line = process.inputReader(StandardCharsets.US_ASCII).readLine();
        if (line == null || !line.matches("\\d{1,5}")) {
            throw new IOException("a worker did not start; see its last lines above");
        }
        return Integer.parseInt(line);
    }

    private static void invite(
            Process process, int rank, byte[] secret, List<InetSocketAddress> addresses)
            throws IOException {
        StringBuilder lines = new StringBuilder();
        lines.append(rank).append('\n').append(HexFormat.of().formatHex(secret)).append('\n');
        addresses.forEach(address -> lines.append(address.getPort()).append(' '));
        Writer writer = process.outputWriter(StandardCharsets.US_ASCII);
        writer.append(lines).append('\n').flush();
    }

    /** What a process does that another one has started. */
    @FunctionalInterface
    public interface Work {
        /**
         * Does the work.
         *
         * @param ring of all processes
         * @throws IOException if it can't be done
         * @throws InterruptedException if the thread is interrupted
         */
        void run(RingAllReduce ring) throws IOException, InterruptedException;
    }

    /**
     * Joins the process that has started this one, and works with it to the end.
     *
     * @param work is done once all processes have joined
     * @param input of this process
     * @param out of this process
     * @throws IOException as the work throws it, unless another process has ended; or if the one
     *     that has started this one has
     * @throws InterruptedException if the thread is interrupted
     */
    public static void follow(Work work, InputStream input, PrintStream out)
            throws IOException, InterruptedException {
        // Ctrl-C reaches this process too; the leading one decides when a training ends.
        OnInterrupt untilTheEnd = new OnInterrupt(() -> {});
        BufferedReader in =
                new BufferedReader(new InputStreamReader(input, StandardCharsets.US_ASCII));
        try (RingListener listener = RingListener.bind(LOOPBACK)) {
            out.println(listener.address().getPort());
            out.flush();
            int rank = Integer.parseInt(line(in));
            byte[] secret = HexFormat.of().parseHex(line(in));
            List<InetSocketAddress> addresses = new ArrayList<>();
            for (String port : line(in).trim().split(" ")) {
                addresses.add(new InetSocketAddress(LOOPBACK, Integer.parseInt(port)));
            }
            try (RingAllReduce ring = listener.join(rank, addresses, secret, PATIENCE)) {
                work.run(ring);
            } catch (LostWorkerException e) {
                Messages.detail(e::getMessage); // the leading process has the last word
            }
        } finally {
            untilTheEnd.close();
        }
    }

    private static String line(BufferedReader in) throws IOException {
        String line = in.readLine();
        if (line == null) {
            throw new IOException("the process that has started this worker has ended");
        }
        return line;
    }

    /** {@return the ring of all processes} */
    public RingAllReduce ring() {
        return ring;
    }

    /**
     * Runs the training of this process with its share of the cores.
     *
     * @throws Exception what the training throws
     */
    <T> T withItsShare(Callable<T> training) throws Exception {
        FutureTask<T> task = new FutureTask<>(training);
        new WorkerThread(task, "fern-train", EngineThreads.share(ring.size())).start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
    }

    /**
     * Leaves the ring, and waits for the ends of the other processes, until it is told how they
     * came about.
     */
    @Override
    public void close() {
        try {
            ring.close();
            for (Process other : others) {
                if (!other.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                    destroyOthers();
                }
            }
            tellings.forEach(CompletableFuture::join);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            destroyOthers();
            Thread.currentThread().interrupt();
        }
    }
}
