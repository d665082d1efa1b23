package dev.fern.detection.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Worker 1 of 2, which knows the secret and then sends whatever a test wants. */
final class WrongWorker implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** How long the two look for each other, in seconds. */
    private static final int PATIENCE = 60;

    private final Socket to;
    private final Socket from;
    private final RingAllReduce sound;

    /** Joins a ring with a worker that is sound. */
    WrongWorker() throws Exception {
        byte[] secret = RingListener.newSecret();
        RingHandshake handshake = new RingHandshake(secret, 2);
        try (ServerSocket own = new ServerSocket(0, 50, LOOPBACK);
                RingListener first = RingListener.bind(LOOPBACK)) {
            own.setSoTimeout(1000 * PATIENCE);
            List<InetSocketAddress> addresses =
                    List.of(first.address(), new InetSocketAddress(LOOPBACK, own.getLocalPort()));
            Future<RingAllReduce> one =
                    Rings.onThread(
                            () -> first.join(0, addresses, secret, Duration.ofSeconds(PATIENCE)));
            from = accept(own, handshake);
            to = connect(addresses.get(0), handshake);
            sound = one.get(PATIENCE + 10, TimeUnit.SECONDS);
        }
    }

    /** Takes the connection of worker 0, which tries again where a handshake took too long. */
    private static Socket accept(ServerSocket own, RingHandshake handshake) throws IOException {
        while (true) {
            Socket from = own.accept();
            try {
                assertThat(handshake.receive(from, 1)).isEqualTo(OptionalInt.of(0));
                RingHandshake.accept(from);
                return from;
            } catch (IOException e) {
                from.close();
            }
        }
    }

    /** Connects to worker 0, and tries again where the handshake took too long. */
    private static Socket connect(InetSocketAddress first, RingHandshake handshake)
            throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
        while (true) {
            Socket to = new Socket(first.getAddress(), first.getPort());
            try {
                assertThat(handshake.introduce(to, 1, 0, deadline)).isTrue();
                return to;
            } catch (IOException e) {
                to.close();
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    void send(byte[] bytes) throws IOException {
        to.getOutputStream().write(bytes);
    }

    /** Lets the worker that is sound do something meanwhile. */
    Future<Object> start(Rings.Work<?> work) {
        return Rings.onThread(() -> work.run(sound));
    }

    /** Requires that the worker that is sound ends with one line, however it waits. */
    void requireEnd(Rings.Work<?> work, String... phrases) {
        requireEnd(start(work), phrases);
    }

    /** Requires that what the worker that is sound has begun ends with one line. */
    void requireEnd(Future<Object> end, String... phrases) {
        assertThatThrownBy(() -> end.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .extracting(failure -> failure.getCause())
                .isInstanceOf(LostWorkerException.class)
                .satisfies(
                        lost ->
                                assertThat(((Exception) lost).getMessage())
                                        .doesNotContain("\n")
                                        .contains("worker 1")
                                        .contains(phrases));
    }

    /** Ends as a process that is killed does. */
    void end() throws IOException {
        to.close();
        from.close();
    }

    @Override
    public void close() throws IOException {
        end();
        sound.close();
    }
}
