package dev.fern.detection.worker;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Workers in a ring, each of which sends to the next one and receives from the one before, over
 * TCP. What they do together is done by all of them in the same order, each call by every worker.
 * For one thread of each worker.
 *
 * <p>The sum is the ring all-reduce of Baidu and Horovod (reduce-scatter, then all-gather; Patarasu
 * and Yuan, JPDC 2009): every worker sends and receives 2 (n - 1) / n of the values, however many
 * workers there are. Values go in pieces, each of which is sent on as soon as it is added, while
 * the next one arrives. The order of the additions depends on the number of workers alone.
 */
public final class RingAllReduce implements Closeable {

    /** Largest message, in bytes; a worker refuses others before it takes memory for them. */
    private static final int MOST_BYTES = 64 << 20;

    /** What a worker does with the others. */
    private enum Operation {
        SUM,
        VALUES,
        MESSAGE,
        GATHER
    }

    private final int rank;
    private final int size;
    private final RingMember before;
    private final RingMember after;
    private final RingSender next;
    private final ByteBuffer room;
    private final ByteBuffer header = ByteBuffer.allocateDirect(Integer.BYTES + Long.BYTES);

    /** The worker before this one, or the one after it. */
    private record RingMember(int rank, InetSocketAddress address, SocketChannel channel) {

        LostWorkerException lost(IOException cause) {
            return new LostWorkerException(
                    "lost worker " + rank + " (" + address + "): " + reason(cause), cause);
        }

        private static String reason(IOException cause) {
            if (cause instanceof EOFException) {
                return "it closed the connection; it, or one before it, has ended";
            }
            return cause instanceof ClosedChannelException // which has no message
                    ? "this worker has closed the connection"
                    : String.valueOf(cause.getMessage());
        }

        private void closeQuietly() {
            try {
                channel.close();
            } catch (IOException e) {
                return; // nothing more is expected of it
            }
        }
    }

    /**
     * Makes a ring of connections that are open.
     *
     * @param rank of this worker
     * @param addresses of all workers by their ranks
     * @param previous from the worker before this one
     * @param following to the worker after this one
     */
    RingAllReduce(
            int rank,
            List<InetSocketAddress> addresses,
            SocketChannel previous,
            SocketChannel following) {
        this.rank = rank;
        this.size = addresses.size();
        int from = Math.floorMod(rank - 1, size);
        int to = (rank + 1) % size;
        before = new RingMember(from, addresses.get(from), previous);
        after = new RingMember(to, addresses.get(to), following);
        next = new RingSender(following, before::closeQuietly);
        room = ByteBuffer.allocateDirect(Float.BYTES * FloatRanges.MOST);
    }

    private RingAllReduce() {
        rank = 0;
        size = 1;
        before = null;
        after = null;
        next = null;
        room = null;
    }

    /** {@return a ring of one worker, whose sums are its own values} */
    public static RingAllReduce alone() {
        return new RingAllReduce();
    }

    /** {@return the number of this worker, from 0; worker 0 leads} */
    public int rank() {
        return rank;
    }

    /** {@return the number of workers, at least 1} */
    public int size() {
        return size;
    }

    /** {@return the part of every batch that this worker computes} */
    public Shard shard() {
        return new Shard(rank, size);
    }

    /** Part of a call that waits for another worker. */
    @FunctionalInterface
    private interface Exchange {
        void run() throws IOException, InterruptedException;
    }

    private void exchange(Exchange work) throws IOException, InterruptedException {
        try {
            work.run();
            next.flush();
        } catch (InterruptedException | ClosedByInterruptException e) {
            close();
            throw new InterruptedException("interrupted while other workers were waited for");
        } catch (IOException e) {
            // a sender that fails closes the connection on which this thread receives
            Optional<IOException> unsent = next.failure();
            close();
            throw unsent.map(after::lost).orElseGet(() -> before.lost(e));
        }
    }

    /**
     * Replaces the values of every worker by the sums over all workers, which are the same bits on
     * all of them and in every repetition with as many workers.
     *
     * @param values in direct or other memory, each from its position to its limit; as many on
     *     every worker
     * @throws LostWorkerException if another worker has ended, or has other values; the values are
     *     of no use then, nor is the ring
     * @throws InterruptedException if the thread is interrupted; the ring is closed then
     */
    public void sum(List<FloatBuffer> values) throws IOException, InterruptedException {
        if (size == 1) {
            return;
        }
        FloatRanges ranges = new FloatRanges(values);
        exchange(
                () -> {
                    sendHeader(Operation.SUM, ranges.length());
                    forPieces(ranges, rank, (start, count) -> next.send(ranges, start, count));
                    receiveHeader(Operation.SUM, ranges.length());
                    int rounds = 2 * (size - 1);
                    for (int round = 0; round < rounds; round++) {
                        boolean adds = round < size - 1;
                        boolean sends = round < rounds - 1;
                        forPieces(
                                ranges,
                                Math.floorMod(rank - round - 1, size),
                                (start, count) -> {
                                    receive(room.clear().limit(Float.BYTES * count));
                                    if (adds) {
                                        ranges.add(start, count, room);
                                    } else {
                                        ranges.put(start, count, room);
                                    }
                                    if (sends) {
                                        next.send(ranges, start, count);
                                    }
                                });
                    }
                });
    }

    /** Handles a piece of the values. */
    @FunctionalInterface
    private interface PieceWork {
        void accept(long start, int count) throws IOException;
    }

    /** Goes through one of as many parts of the values as there are workers. */
    private void forPieces(FloatRanges ranges, int part, PieceWork work) throws IOException {
        long length = ranges.length();
        forPieces(length * part / size, length * (part + 1) / size, work);
    }

    private static void forPieces(long from, long end, PieceWork work) throws IOException {
        for (long start = from; start < end; start += FloatRanges.MOST) {
            work.accept(start, (int) Math.min(FloatRanges.MOST, end - start));
        }
    }

    /**
     * Gives all workers the values of worker 0.
     *
     * @param values those of worker 0 are read, those of the others replaced; as many on every
     *     worker
     * @throws LostWorkerException if another worker has ended, or has other values
     * @throws InterruptedException if the thread is interrupted; the ring is closed then
     */
    public void broadcast(List<FloatBuffer> values) throws IOException, InterruptedException {
        if (size == 1) {
            return;
        }
        FloatRanges ranges = new FloatRanges(values);
        long length = ranges.length();
        exchange(
                () -> {
                    if (sendsOn(rank)) {
                        sendHeader(Operation.VALUES, length);
                    }
                    if (rank == 0) {
                        forPieces(0, length, (start, count) -> next.send(ranges, start, count));
                        return;
                    }
                    receiveHeader(Operation.VALUES, length);
                    forPieces(
                            0,
                            length,
                            (start, count) -> {
                                receive(room.clear().limit(Float.BYTES * count));
                                ranges.put(start, count, room);
                                if (sendsOn(rank)) {
                                    next.send(ranges, start, count);
                                }
                            });
                });
    }

    /** Returns whether a worker sends on what comes from worker 0. */
    private boolean sendsOn(int worker) {
        return worker < size - 1;
    }

    /**
     * Gives all workers a message of worker 0.
     *
     * @param message of worker 0; not used on the others
     * @return the message of worker 0
     * @throws LostWorkerException if another worker has ended
     * @throws InterruptedException if the thread is interrupted; the ring is closed then
     */
    public byte[] broadcast(byte[] message) throws IOException, InterruptedException {
        if (size == 1) {
            return message;
        }
        byte[][] received = {message};
        exchange(
                () -> {
                    if (rank > 0) {
                        received[0] = receiveMessage(Operation.MESSAGE);
                    }
                    if (sendsOn(rank)) {
                        sendMessage(Operation.MESSAGE, received[0]);
                    }
                });
        return received[0];
    }

    /**
     * Exchanges messages.
     *
     * @param own the message of this worker
     * @return the messages of all workers, by their ranks
     * @throws LostWorkerException if another worker has ended
     * @throws InterruptedException if the thread is interrupted; the ring is closed then
     */
    public List<byte[]> gather(byte[] own) throws IOException, InterruptedException {
        byte[][] all = new byte[size][];
        all[rank] = own;
        if (size > 1) {
            exchange(
                    () -> {
                        sendMessage(Operation.GATHER, own);
                        for (int i = 1; i < size; i++) {
                            byte[] message = receiveMessage(Operation.GATHER);
                            all[Math.floorMod(rank - i, size)] = message;
                            if (i < size - 1) {
                                sendMessage(Operation.GATHER, message);
                            }
                        }
                    });
        }
        return Arrays.asList(all);
    }

    private void sendMessage(Operation operation, byte[] message) {
        sendHeader(operation, message.length);
        next.send(ByteBuffer.wrap(message));
    }

    private byte[] receiveMessage(Operation operation) throws IOException {
        long length = receiveHeader(operation);
        if (length < 0 || length > MOST_BYTES) {
            throw new IOException("it sends a message of " + length + " bytes");
        }
        ByteBuffer message = ByteBuffer.allocate((int) length);
        receive(message);
        return message.array();
    }

    private void sendHeader(Operation operation, long length) {
        next.send(
                ByteBuffer.allocate(header.capacity())
                        .putInt(operation.ordinal())
                        .putLong(length)
                        .flip());
    }

    private void receiveHeader(Operation operation, long length) throws IOException {
        long theirs = receiveHeader(operation);
        if (theirs != length) {
            throw new IOException(
                    "it has " + theirs + " values where worker " + rank + " has " + length);
        }
    }

    private long receiveHeader(Operation expected) throws IOException {
        receive(header.clear());
        int operation = header.getInt();
        if (operation != expected.ordinal()) {
            throw new IOException(
                    "it is at another point of the training than worker "
                            + rank
                            + ", which waits for "
                            + expected);
        }
        return header.getLong();
    }

    /** Fills a buffer, and makes it ready to be read. */
    private void receive(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (before.channel.read(bytes) < 0) {
                throw new EOFException();
            }
        }
        bytes.flip();
    }

    /** Leaves the ring; the others are told by the system. */
    @Override
    public void close() throws IOException {
        if (size > 1) {
            before.channel.close();
            next.close();
        }
    }
}
