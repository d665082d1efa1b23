package dev.fern.detection.worker;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Sends to the next worker of a ring on a thread of its own, so that a worker receives meanwhile,
 * and no two of them wait for each other.
 */
final class RingSender implements Closeable {

    private final SocketChannel channel;
    private final ByteBuffer room = ByteBuffer.allocateDirect(Float.BYTES * FloatRanges.MOST);
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final Runnable onFailure;

    /** What has been given and what of that has been sent; guarded by this object. */
    private long given;

    private long sent;
    private IOException failure;

    /** Something to be sent. */
    @FunctionalInterface
    private interface Piece {
        /** Returns the bytes, from position to limit; called when their turn has come. */
        ByteBuffer bytes();
    }

    /**
     * Starts the thread.
     *
     * @param channel to the next worker
     * @param onFailure is told on the sender's thread that the channel has failed
     */
    RingSender(SocketChannel channel, Runnable onFailure) {
        this.channel = channel;
        this.onFailure = onFailure;
        thread = new Thread(this::run, "fern-ring-sender");
        thread.setDaemon(true);
        thread.start();
    }

    void send(ByteBuffer bytes) {
        give(() -> bytes);
    }

    /** Sends values, which must stay as they are until {@link #flush}. */
    void send(FloatRanges ranges, long start, int count) {
        give(
                () -> {
                    room.clear();
                    ranges.get(start, count, room);
                    return room.limit(Float.BYTES * count);
                });
    }

    private void give(Piece piece) {
        synchronized (this) {
            given++;
        }
        pieces.add(piece);
    }

    private void run() {
        try {
            while (true) {
                ByteBuffer bytes = pieces.take().bytes();
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                synchronized (this) {
                    sent++;
                    notifyAll();
                }
            }
        } catch (InterruptedException | ClosedByInterruptException e) {
            fail(new ClosedChannelException()); // by close()
        } catch (IOException e) {
            fail(e);
            onFailure.run();
        }
    }

    private synchronized void fail(IOException cause) {
        failure = cause;
        notifyAll();
    }

    /** {@return why nothing more is sent; empty as long as nothing has failed} */
    synchronized Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Waits until everything is with the system.
     *
     * @throws IOException if it can't be sent, see {@link #failure}
     */
    synchronized void flush() throws IOException, InterruptedException {
        while (sent < given) {
            if (failure != null) {
                throw failure;
            }
            wait();
        }
    }

    @Override
    public void close() throws IOException {
        thread.interrupt();
        channel.close();
    }
}
