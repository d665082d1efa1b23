package dev.fern.detection.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Strangers, and workers that have gone wrong, against the sockets of a training. */
class RingAttackTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int HELLO_BYTES = 40;
    private static final int PROOF_BYTES = 32;
    private static final int MIB = 1 << 20;

    private final byte[] secret = RingListener.newSecret();

    private Future<RingAllReduce> join(
            RingListener listener, int rank, List<InetSocketAddress> addresses, int seconds) {
        return Rings.onThread(
                () -> listener.join(rank, addresses, secret, Duration.ofSeconds(seconds)));
    }

    /** Opens connections without an end, and sends a byte now and then on those that it has. */
    private static void flood(int port, AtomicBoolean ends, AtomicInteger opened) {
        Deque<Socket> open = new ArrayDeque<>();
        while (!ends.get()) {
            try {
                Socket socket = new Socket(LOOPBACK, port);
                open.addLast(socket);
                opened.incrementAndGet();
                socket.getOutputStream().write(0xFE);
                if (open.size() > 30) {
                    open.removeFirst().close();
                }
                Thread.sleep(1);
            } catch (IOException e) {
                continue; // turned away
            } catch (InterruptedException e) {
                break;
            }
        }
        for (Socket socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                continue;
            }
        }
    }

    @Test
    void workersJoinWhileStrangersOpenConnectionsAsFastAsTheyAreClosed() throws Exception {
        AtomicBoolean ends = new AtomicBoolean();
        AtomicInteger opened = new AtomicInteger();
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), second.address());
            int port = first.address().getPort();
            Set<Thread> earlier = handshakes();
            Future<RingAllReduce> one = join(first, 0, addresses, 60);
            Thread stranger = new Thread(() -> flood(port, ends, opened));
            stranger.start();
            try {
                while (opened.get() < 100) {
                    Thread.sleep(1);
                }
                // those of one listener: other tests' may be ending, the second has none yet
                assertThat(handshakes().stream().filter(thread -> !earlier.contains(thread)))
                        .hasSizeLessThanOrEqualTo(32);
                Future<RingAllReduce> two = join(second, 1, addresses, 60);
                try (RingAllReduce a = one.get(70, TimeUnit.SECONDS);
                        RingAllReduce b = two.get(70, TimeUnit.SECONDS)) {
                    assertThat(a.size() + b.rank()).isEqualTo(3);
                }
            } finally {
                ends.set(true);
                stranger.join();
            }
        }
    }

    @Test
    void forOneStrangerMoreTheOldestIsTurnedAway() throws Exception {
        List<Socket> strangers = new ArrayList<>();
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            Future<RingAllReduce> one =
                    join(first, 0, List.of(first.address(), second.address()), 30);
            try {
                for (int i = 0; i < 17; i++) {
                    strangers.add(new Socket(LOOPBACK, first.address().getPort()));
                }
                assertThat(strangers.get(0).getInputStream().read()).isEqualTo(-1);
                strangers.get(16).setSoTimeout(50);
                assertThatThrownBy(() -> strangers.get(16).getInputStream().read())
                        .isInstanceOf(SocketTimeoutException.class);
            } finally {
                one.cancel(true); // else it goes on to look for the second
            }
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    /** Returns the threads of all listeners on which connections show who they are. */
    private static Set<Thread> handshakes() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("fern-ring-handshake"))
                .collect(Collectors.toSet());
    }

    /**
     * Passes bytes on in both directions, and keeps what comes from the one that connects; where
     * that one tries again, what comes then.
     */
    private static ByteArrayOutputStream relay(ServerSocket from, InetSocketAddress to) {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        Thread thread =
                new Thread(
                        () -> {
                            while (!from.isClosed()) {
                                try (Socket in = from.accept();
                                        Socket out = new Socket(to.getAddress(), to.getPort())) {
                                    heard.reset();
                                    Thread back = new Thread(() -> copy(out, in, null));
                                    back.setDaemon(true);
                                    back.start();
                                    copy(in, out, heard);
                                } catch (IOException e) {
                                    continue; // this connection, or the ring, is closed
                                }
                            }
                        });
        thread.setDaemon(true);
        thread.start();
        return heard;
    }

    private static void copy(Socket from, Socket to, ByteArrayOutputStream heard) {
        byte[] bytes = new byte[1024];
        try {
            InputStream in = from.getInputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                if (heard != null) {
                    heard.write(bytes, 0, count);
                }
                to.getOutputStream().write(bytes, 0, count);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            return; // the ring is closed
        }
    }

    @Test
    void aHandshakeThatWasHeardIsOfNoUseLater() throws Exception {
        byte[] handshake;
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK);
                ServerSocket between = new ServerSocket(0, 1, LOOPBACK)) {
            ByteArrayOutputStream heard = relay(between, first.address());
            InetSocketAddress relayed = new InetSocketAddress(LOOPBACK, between.getLocalPort());
            Future<RingAllReduce> one =
                    join(first, 0, List.of(first.address(), second.address()), 60);
            Future<RingAllReduce> two = join(second, 1, List.of(relayed, second.address()), 60);
            try (RingAllReduce a = one.get(70, TimeUnit.SECONDS);
                    RingAllReduce b = two.get(70, TimeUnit.SECONDS)) {
                assertThat(a.size()).isEqualTo(b.size());
            }
            handshake = heard.toByteArray();
        }
        assertThat(handshake).hasSizeGreaterThanOrEqualTo(HELLO_BYTES + PROOF_BYTES);
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), second.address());
            Future<RingAllReduce> one = join(first, 0, addresses, 60);
            try (Socket stranger = new Socket(LOOPBACK, first.address().getPort())) {
                stranger.setSoTimeout(20_000);
                stranger.getOutputStream().write(handshake, 0, HELLO_BYTES);
                assertThat(stranger.getInputStream().readNBytes(2 * PROOF_BYTES))
                        .hasSize(2 * PROOF_BYTES);
                stranger.getOutputStream().write(handshake, HELLO_BYTES, PROOF_BYTES);
                assertThat(stranger.getInputStream().read()).isEqualTo(-1);
            }
            Future<RingAllReduce> two = join(second, 1, addresses, 60);
            try (RingAllReduce a = one.get(70, TimeUnit.SECONDS);
                    RingAllReduce b = two.get(70, TimeUnit.SECONDS)) {
                assertThat(a.size()).isEqualTo(b.size());
            }
        }
    }

    private static byte[] header(int operation, long length) {
        return ByteBuffer.allocate(12).putInt(operation).putLong(length).array();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 65L * MIB, 1L << 40, Long.MAX_VALUE})
    void aMessageOfImpossibleLengthIsRefusedBeforeMemoryIsTaken(long length) throws Exception {
        try (WrongWorker worker = new WrongWorker()) {
            worker.send(header(3, length));
            worker.requireEnd(ring -> ring.gather(new byte[5]), "a message of " + length);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 999, 1L << 40})
    void aSumOfOtherLengthIsRefused(long length) throws Exception {
        try (WrongWorker worker = new WrongWorker()) {
            worker.send(header(0, length));
            worker.requireEnd(RingAttackTest::sum, "it has " + length + " values");
        }
    }

    private static Object sum(RingAllReduce ring) throws IOException, InterruptedException {
        ring.sum(List.of(FloatBuffer.allocate(MIB)));
        return null;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 12, 16, MIB, 2 * MIB + 5})
    void aWorkerThatEndsInTheMiddleOfASumIsNoticed(int bytes) throws Exception {
        try (WrongWorker worker = new WrongWorker()) {
            byte[] begun = new byte[bytes];
            byte[] header = header(0, MIB);
            System.arraycopy(header, 0, begun, 0, Math.min(bytes, header.length));
            // begun before, since the system does not hold 2 MiB that nobody reads
            Future<Object> end = worker.start(RingAttackTest::sum);
            worker.send(begun);
            worker.end();
            worker.requireEnd(end, "lost worker 1");
        }
    }

    @Test
    void nonsenseInPlaceOfASumIsRefused() throws Exception {
        byte[] nonsense = new byte[100_000];
        for (int seed = 0; seed < 5; seed++) {
            new Random(seed).nextBytes(nonsense);
            try (WrongWorker worker = new WrongWorker()) {
                worker.send(nonsense);
                worker.requireEnd(RingAttackTest::sum, "another point of the training");
            }
        }
    }

    @Test
    void aReportThatCanNotBeReadEndsTheTraining() throws Exception {
        Random random = new Random(1);
        List<byte[]> reports = new ArrayList<>();
        reports.add(new byte[0]);
        // 2^31 - 1 names of no letter each, of which a few follow
        reports.add(ByteBuffer.allocate(100).putInt(Integer.MAX_VALUE).array());
        reports.add(ByteBuffer.allocate(4).putInt(Integer.MIN_VALUE).array());
        byte[] nonsense = new byte[1000];
        random.nextBytes(nonsense);
        reports.add(nonsense);
        for (byte[] report : reports) {
            try (WrongWorker worker = new WrongWorker()) {
                worker.send(header(3, report.length));
                worker.send(report);
                worker.requireEnd(
                        ring -> new Followers(ring).reports(), "a report that can't be read");
            }
        }
    }

    @Test
    void anOrderThatThereIsNotEndsAFollower() throws Exception {
        for (int length : new int[] {0, 3, 20, 21}) {
            try (Rings rings = Rings.of(2)) {
                byte[] order = new byte[length];
                if (length == 20) {
                    order[3] = 77;
                }
                List<Future<Object>> ends =
                        rings.start(
                                ring ->
                                        ring.rank() == 0
                                                ? ring.broadcast(order)
                                                : Followers.Order.next(ring));
                assertThatThrownBy(() -> ends.get(1).get(20, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(LostWorkerException.class)
                        .hasMessageContaining("worker 0 gives an order that there is not");
            }
        }
    }
}
