package dev.fern.detection.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RingListenerTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static Future<RingAllReduce> join(
            RingListener listener,
            int rank,
            List<InetSocketAddress> addresses,
            byte[] secret,
            int seconds) {
        return Rings.onThread(
                () -> listener.join(rank, addresses, secret, Duration.ofSeconds(seconds)));
    }

    @Test
    void strangersThatSayNothingOrNonsenseDoNotKeepWorkersFromJoining() throws Exception {
        byte[] secret = RingListener.newSecret();
        List<Socket> strangers = new ArrayList<>();
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), second.address());
            Future<RingAllReduce> one = join(first, 0, addresses, secret, 60);
            byte[] nonsense = new byte[200_000];
            new Random(1).nextBytes(nonsense);
            for (int i = 0; i < 40; i++) {
                Socket stranger = new Socket(LOOPBACK, first.address().getPort());
                strangers.add(stranger);
                if (i % 2 == 0) {
                    try {
                        stranger.getOutputStream().write(nonsense);
                    } catch (IOException e) {
                        continue; // it was turned away already
                    }
                }
            }
            Future<RingAllReduce> two = join(second, 1, addresses, secret, 60);
            try (RingAllReduce a = one.get(60, TimeUnit.SECONDS);
                    RingAllReduce b = two.get(60, TimeUnit.SECONDS)) {
                assertThat(a.size() + b.rank()).isEqualTo(3);
            }
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void aWorkerThatIsMissingIsNamed() throws Exception {
        byte[] secret = RingListener.newSecret();
        RingListener second = RingListener.bind(LOOPBACK);
        InetSocketAddress nobody = second.address();
        second.close();
        try (RingListener first = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), nobody);
            assertThatThrownBy(() -> first.join(0, addresses, secret, Duration.ofSeconds(1)))
                    .isInstanceOf(LostWorkerException.class)
                    .hasMessageContaining("worker 1 (")
                    .hasMessageContaining("did not join within 1 s");
        }
    }

    @Test
    void aWorkerWithAnotherSecretIsRefusedByBothSides() throws Exception {
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), second.address());
            Future<RingAllReduce> one = join(first, 0, addresses, RingListener.newSecret(), 2);
            Future<RingAllReduce> two = join(second, 1, addresses, RingListener.newSecret(), 2);
            assertThatThrownBy(() -> one.get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("worker 1 (")
                    .hasMessageContaining("did not join within 2 s");
            assertThatThrownBy(() -> two.get(20, TimeUnit.SECONDS))
                    .hasMessageContaining("worker 0 (");
        }
    }

    /** Who has listened to a handshake, or has an answer made by a worker, gains nothing. */
    @Test
    void whatAWorkerAnswersIsOfNoUseToAStranger() throws Exception {
        byte[] secret = RingListener.newSecret();
        try (RingListener first = RingListener.bind(LOOPBACK);
                RingListener second = RingListener.bind(LOOPBACK)) {
            List<InetSocketAddress> addresses = List.of(first.address(), second.address());
            Future<RingAllReduce> one = join(first, 0, addresses, secret, 10);
            try (Socket stranger = new Socket(LOOPBACK, first.address().getPort())) {
                stranger.setSoTimeout(10_000);
                stranger.getOutputStream()
                        .write(ByteBuffer.allocate(40).putInt(0xFE52_0001).putInt(1).array());
                InputStream in = stranger.getInputStream();
                byte[] answer = in.readNBytes(64);
                assertThat(answer).hasSize(64);
                // The worker's own proof, sent back to it.
                stranger.getOutputStream().write(answer, 32, 32);
                assertThat(in.read()).isEqualTo(-1);
            }
            assertThatThrownBy(() -> one.get(30, TimeUnit.SECONDS))
                    .hasMessageContaining("did not join");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() {
        assertThatThrownBy(
                        () ->
                                RingListener.bind(
                                        InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 1})))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("192.0.2.1: can't listen for other workers: ");
    }
}
