package dev.fern.detection.worker;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jdk.net.ExtendedSocketOptions;

/**
 * Where a worker waits for the one before it. It listens at one address of this machine until the
 * ring is closed or {@link #join} has failed. Whoever connects has to show within five seconds that
 * it knows the secret; sixteen may try at a time, and for a further one the oldest is turned away,
 * so that strangers take no memory without bounds, and those that keep silent no worker's place.
 */
public final class RingListener implements Closeable {

    private static final int SECRET_BYTES = 32;
    private static final int MOST_AT_A_TIME = 16;
    private static final int RETRY_MILLIS = 50;

    /** Seconds without traffic after which the system asks a silent machine if it is there. */
    private static final int KEEP_ALIVE_SECONDS = 10;

    private static final int KEEP_ALIVE_COUNT = 3;

    private final ServerSocketChannel server;

    private RingListener(ServerSocketChannel server) {
        this.server = server;
    }

    /**
     * Starts to listen at a port that the system chooses.
     *
     * @param own the address of this machine at which the other workers reach it
     * @return the listener
     * @throws IOException if this machine does not have the address
     */
    public static RingListener bind(InetAddress own) throws IOException {
        try {
            return new RingListener(ServerSocketChannel.open().bind(new InetSocketAddress(own, 0)));
        } catch (IOException e) {
            throw new IOException(
                    own.getHostAddress() + ": can't listen for other workers: " + e.getMessage(),
                    e);
        }
    }

    /** {@return a new secret of 32 random bytes, for the workers of one training} */
    public static byte[] newSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    /**
     * {@return the address and the port at which this worker listens}
     *
     * @throws IOException if this is closed
     */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /**
     * Joins the ring, and stops to listen.
     *
     * @param rank of this worker, from 0
     * @param addresses of all workers by their ranks, at least one
     * @param secret that all workers know, and nobody else
     * @param patience how long to wait for the others
     * @return the ring
     * @throws LostWorkerException naming the worker next to this one that did not join in time
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public RingAllReduce join(
            int rank, List<InetSocketAddress> addresses, byte[] secret, Duration patience)
            throws IOException, InterruptedException {
        int size = addresses.size();
        if (size == 1) {
            close();
            return RingAllReduce.alone();
        }
        long deadline = System.nanoTime() + patience.toNanos();
        int before = Math.floorMod(rank - 1, size);
        RingHandshake handshake = new RingHandshake(secret, size);
        CompletableFuture<SocketChannel> previous = new CompletableFuture<>();
        Deque<SocketChannel> unknown = new ArrayDeque<>();
        ExecutorService strangers =
                new ThreadPoolExecutor(
                        0,
                        2 * MOST_AT_A_TIME, // some of which are ending
                        1,
                        TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        work -> daemon(work, "fern-ring-handshake"));
        daemon(
                        () ->
                                listen(
                                        strangers,
                                        unknown,
                                        channel -> {
                                            boolean taken =
                                                    isFrom(channel, handshake, rank, before)
                                                            && release(unknown, channel)
                                                            && previous.complete(channel);
                                            if (!taken) {
                                                channel.close();
                                            }
                                        }),
                        "fern-ring-listener")
                .start();
        // Each answers the one before on its own, since the one after waits for such an answer too;
        // not in the common pool, all of whose threads may be waiting for workers.
        CompletableFuture<SocketChannel> welcomed =
                previous.thenApplyAsync(
                        RingListener::welcome, work -> daemon(work, "fern-ring-welcome").start());
        SocketChannel following = null;
        boolean joined = false;
        try {
            following = connect(handshake, rank, addresses, deadline);
            long left = Math.max(0, deadline - System.nanoTime());
            SocketChannel from = welcomed.get(left, TimeUnit.NANOSECONDS);
            tune(from);
            tune(following);
            RingAllReduce ring = new RingAllReduce(rank, addresses, from, following);
            joined = true;
            return ring;
        } catch (TimeoutException | ExecutionException e) {
            throw missing(before, addresses, patience, e);
        } catch (IOException e) {
            throw missing((rank + 1) % size, addresses, patience, e);
        } finally {
            previous.cancel(false);
            close();
            strangers.shutdownNow();
            if (!joined) {
                closeQuietly(following);
                closeQuietly(previous.isCompletedExceptionally() ? null : previous.getNow(null));
            }
        }
    }

    /** Tells the worker before that its connection is the one that is used. */
    private static SocketChannel welcome(SocketChannel channel) {
        try {
            RingHandshake.accept(channel.socket());
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LostWorkerException missing(
            int rank, List<InetSocketAddress> addresses, Duration patience, Exception cause) {
        return new LostWorkerException(
                "worker "
                        + rank
                        + " ("
                        + addresses.get(rank)
                        + ") did not join within "
                        + patience.toSeconds()
                        + " s"
                        + (cause.getMessage() == null ? "" : ": " + cause.getMessage()),
                cause);
    }

    /** Handles a connection on a thread of its own. */
    private interface Handler {
        void accept(SocketChannel channel) throws IOException;
    }

    private void listen(ExecutorService threads, Deque<SocketChannel> unknown, Handler handler) {
        while (server.isOpen()) {
            SocketChannel channel = null;
            try {
                channel = server.accept();
                SocketChannel accepted = channel;
                admit(unknown, accepted);
                threads.execute(
                        () -> {
                            try {
                                handler.accept(accepted);
                            } catch (IOException e) {
                                closeQuietly(accepted);
                            } finally {
                                release(unknown, accepted);
                            }
                        });
            } catch (IOException | RejectedExecutionException e) {
                closeQuietly(channel);
                release(unknown, channel);
            }
        }
    }

    private static void admit(Deque<SocketChannel> unknown, SocketChannel channel) {
        synchronized (unknown) {
            if (unknown.size() == MOST_AT_A_TIME) {
                closeQuietly(unknown.removeFirst());
            }
            unknown.addLast(channel);
        }
    }

    /** Returns whether a connection was among the unknown ones, of which it is none from now on. */
    private static boolean release(Deque<SocketChannel> unknown, SocketChannel channel) {
        synchronized (unknown) {
            return unknown.remove(channel);
        }
    }

    /** Returns whether a connection is that of the worker before. */
    private static boolean isFrom(
            SocketChannel channel, RingHandshake handshake, int rank, int before)
            throws IOException {
        OptionalInt other = handshake.receive(channel.socket(), rank);
        return other.isPresent() && other.getAsInt() == before;
    }

    private static SocketChannel connect(
            RingHandshake handshake, int rank, List<InetSocketAddress> addresses, long deadline)
            throws IOException, InterruptedException {
        int next = (rank + 1) % addresses.size();
        while (true) {
            SocketChannel channel = SocketChannel.open();
            try {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                Socket socket = channel.socket();
                socket.connect(
                        addresses.get(next),
                        (int) Math.max(1, Math.min(left, RingHandshake.MOST_MILLIS)));
                if (handshake.introduce(socket, rank, next, deadline)) {
                    return channel;
                }
                throw new IOException("it does not know the secret of this training");
            } catch (IOException e) {
                channel.close();
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    private static void tune(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_ALIVE_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEP_ALIVE_COUNT);
        }
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private static void closeQuietly(Closeable channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            return; // it is of no more use
        }
    }

    /** Stops to listen. */
    @Override
    public void close() throws IOException {
        server.close();
    }
}
