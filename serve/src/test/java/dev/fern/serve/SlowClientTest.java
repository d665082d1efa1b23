package dev.fern.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.serve.ServerOptions.KeyStoreFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

/** Clients that hold connections and give nothing for it: they are dropped, and others served. */
class SlowClientTest extends ServerFixture {

    private static final int TIMEOUT_SECONDS = 5;

    /**
     * Within this a slow client must be gone: the timeout, a look per second, and a busy machine.
     */
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final int IDLE_CONNECTIONS = 200;
    private static final String PASSWORD = "changeit";

    /** Its drawing is larger than what the system's buffers between server and client take. */
    private static final int SIDE = 2000;

    /** What a client may still find once it is dropped; a drawing has 12 MB. */
    private static final int MOST_IN_ITS_BUFFER = 1 << 20;

    private static ServerOptions impatient(Optional<KeyStoreFile> keyStore) {
        return new ServerOptions(
                "127.0.0.1",
                0,
                1,
                0,
                10,
                16 * MAX_BODY,
                ImageReader.standard(),
                TIMEOUT_SECONDS,
                Optional.empty(),
                keyStore);
    }

    /** Lets slow clients do their work while an ordinary one is served again and again. */
    private void requireDroppedWhileOthersAreServed(
            PredictionServer server, HttpClient ordinary, List<Callable<Void>> slow)
            throws Exception {
        JsonArray expected = expected(model, 0.3).get(0);
        ExecutorService threads = Executors.newFixedThreadPool(slow.size());
        try {
            List<Future<Void>> ends = new ArrayList<>();
            for (Callable<Void> client : slow) {
                ends.add(threads.submit(client));
            }
            do {
                HttpRequest request =
                        request(server, "/predictions/cells")
                                .POST(BodyPublishers.ofByteArray(IMAGES.get(0)))
                                .build();
                HttpResponse<String> answer = ordinary.send(request, BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(detections(answer)).isEqualTo(expected);
            } while (!ends.stream().allMatch(Future::isDone));
            for (Future<Void> end : ends) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoReadsOrSendsAByteNowAndThenIsDropped() throws Exception {
        byte[] noise = noise();
        try (PredictionServer server = start(impatient(Optional.empty()), model)) {
            requireDroppedWhileOthersAreServed(
                    server,
                    client,
                    List.of(
                            () -> readSlowly(new Socket("127.0.0.1", server.port()), noise),
                            () -> sendSlowly(server),
                            () -> announceMuch(server),
                            () -> stayIdle(server)));
        }
    }

    private static byte[] noise() {
        byte[] pixels = new byte[3 * SIDE * SIDE];
        new Random(4).nextBytes(pixels);
        try (BgrImage noise = BgrImage.of(SIDE, SIDE, pixels)) {
            return noise.encoded(".png");
        }
    }

    /** Asks for a drawing and takes it byte by byte: the server does not keep the rest. */
    private static Void readSlowly(Socket connected, byte[] image) throws Exception {
        try (Socket socket = connected) {
            String head =
                    "POST /predictions/cells HTTP/1.1\r\nHost: x\r\nAccept: image/png\r\n"
                            + "Content-Length: "
                            + image.length
                            + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(image);
            InputStream in = socket.getInputStream();
            assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 200");
            for (int second = 0; second < TIMEOUT_SECONDS + 5; second++) {
                in.read();
                Thread.sleep(1000);
            }
            long read = 0;
            byte[] some = new byte[1 << 16];
            try {
                for (int n = in.read(some); n >= 0; n = in.read(some)) {
                    read += n;
                }
            } catch (SocketException e) {
                // cut off, and what was not yet sent is not kept for this client
            }
            assertThat(read).isLessThan(MOST_IN_ITS_BUFFER);
        }
        return null;
    }

    /** Sends a body byte by byte, which is refused in time. */
    private static Void sendSlowly(PredictionServer server) throws Exception {
        long start = System.nanoTime();
        try (RawClient slow = new RawClient(server)) {
            slow.send(
                    "POST /predictions/cells HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
            Thread sending =
                    new Thread(
                            () -> {
                                try {
                                    while (System.nanoTime() - start < 2 * SOON.toNanos()) {
                                        slow.send("x");
                                        Thread.sleep(50);
                                    }
                                } catch (IOException | InterruptedException e) {
                                    // dropped
                                }
                            });
            sending.start();
            assertThat(slow.readUntil("\r\n")).startsWith("HTTP/1.1 408");
            sending.join();
        }
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        return null;
    }

    /** Announces more than fits into the memory for bodies, and sends nearly nothing of it. */
    private static Void announceMuch(PredictionServer server) throws Exception {
        long start = System.nanoTime();
        int body = 16 * MAX_BODY;
        List<RawClient> clients = new ArrayList<>();
        try {
            for (long sum = 0; sum <= Runtime.getRuntime().maxMemory() / 4; sum += body) {
                clients.add(new RawClient(server));
                clients.get(clients.size() - 1)
                        .send(
                                "POST /predictions/cells HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                        + body
                                        + "\r\n\r\nx");
            }
            for (RawClient each : clients) {
                assertThat(each.readAll()).startsWith("HTTP/1.1 408");
            }
        } finally {
            for (RawClient each : clients) {
                each.close();
            }
        }
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        return null;
    }

    /** Opens many connections and asks for nothing. */
    private static Void stayIdle(PredictionServer server) throws Exception {
        long start = System.nanoTime();
        List<RawClient> idle = new ArrayList<>();
        try {
            for (int i = 0; i < IDLE_CONNECTIONS; i++) {
                idle.add(new RawClient(server));
            }
            for (RawClient each : idle) {
                assertThat(each.readAll()).isEmpty();
            }
        } finally {
            for (RawClient each : idle) {
                each.close();
            }
        }
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        return null;
    }

    @Test
    void whoNeverEndsTheHandshakeOfTlsIsDropped() throws Exception {
        Path store = folder.resolve("server.p12");
        makeKey(store);
        SSLContext trusting = trusting(store);
        byte[] noise = noise();
        HttpClient ordinary = HttpClient.newBuilder().sslContext(trusting).build();
        try (PredictionServer server =
                start(impatient(Optional.of(new KeyStoreFile(store, PASSWORD))), model)) {
            requireDroppedWhileOthersAreServed(
                    server,
                    ordinary,
                    List.of(
                            () -> handshakeSlowly(server, 0),
                            () -> handshakeSlowly(server, 1),
                            () ->
                                    readSlowly(
                                            trusting.getSocketFactory()
                                                    .createSocket("127.0.0.1", server.port()),
                                            noise),
                            () -> stayIdle(server),
                            () -> stayIdleAfterTheHandshake(server, trusting)));
        }
    }

    /** Sends the head of a TLS record and then nothing, or a byte now and then. */
    private static Void handshakeSlowly(PredictionServer server, int bytes) throws Exception {
        long start = System.nanoTime();
        try (RawClient slow = new RawClient(server)) {
            slow.send("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003");
            try {
                while (bytes > 0 && System.nanoTime() - start < 2 * SOON.toNanos()) {
                    slow.send("x".repeat(bytes));
                    Thread.sleep(100);
                }
            } catch (SocketException e) {
                // dropped
            }
            slow.readAll();
        }
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        return null;
    }

    private static Void stayIdleAfterTheHandshake(PredictionServer server, SSLContext trusting)
            throws Exception {
        long start = System.nanoTime();
        try (SSLSocket socket =
                (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", server.port())) {
            socket.startHandshake();
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
        assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        return null;
    }

    /** Makes a key store as a user would, by the JDK's keytool. */
    private static void makeKey(Path store) throws Exception {
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "fern",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "SAN=ip:127.0.0.1",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
    }

    private static SSLContext trusting(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("fern", keys.getCertificate("fern"));
        TrustManagerFactory managers =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
