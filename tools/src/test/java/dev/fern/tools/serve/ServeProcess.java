package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.console.FernProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code fern serve} in a process of its own, on a port that is free. */
final class ServeProcess implements AutoCloseable {

    private static final Pattern ADDRESS = Pattern.compile("serving .* at (http://\\S+)");

    private static final Pattern HEAP_USED = Pattern.compile("Gen +total \\d+K, used (\\d+)K");

    private static final int PATIENCE_SECONDS = 120;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Process process;
    private final Path log;
    private final String address;

    /**
     * Starts a server and waits until it listens.
     *
     * @param folder takes its logs
     * @param model is served as {@code cells}
     */
    ServeProcess(Path folder, Path model, String... options)
            throws IOException, InterruptedException {
        this(folder, List.of(), model, options);
    }

    /**
     * Starts a server and waits until it listens.
     *
     * @param folder takes its logs
     * @param javaOptions such as {@code -Xmx128m}
     * @param model is served as {@code cells}
     */
    ServeProcess(Path folder, List<String> javaOptions, Path model, String... options)
            throws IOException, InterruptedException {
        this(folder, FernProcess.of(javaOptions, arguments(model, options)));
    }

    /**
     * Starts a server by the launcher, with what that sets for memory.
     *
     * @param folder takes its logs
     * @param javaOptions what a user would set as {@code FERN_JAVA_OPTIONS}
     * @param model is served as {@code cells}
     */
    static ServeProcess launched(Path folder, String javaOptions, Path model, String... options)
            throws IOException, InterruptedException {
        return new ServeProcess(
                folder,
                InstalledFern.process(
                        folder.resolve("installed"), javaOptions, arguments(model, options)));
    }

    private static List<String> arguments(Path model, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of("serve", "--port=0", "--model=cells=" + model));
        arguments.addAll(List.of(options));
        return arguments;
    }

    private ServeProcess(Path folder, ProcessBuilder command)
            throws IOException, InterruptedException {
        log = Files.createTempFile(folder, "access", ".log");
        Path errors = Files.createTempFile(folder, "serve", ".err");
        process = command.redirectOutput(log.toFile()).redirectError(errors.toFile()).start();
        Matcher matcher = ADDRESS.matcher(Files.readString(errors));
        for (int i = 0; !matcher.find(); i++) {
            assertThat(process.isAlive() && i < 10 * PATIENCE_SECONDS)
                    .as(Files.readString(errors))
                    .isTrue();
            Thread.sleep(100);
            matcher.reset(Files.readString(errors));
        }
        address = matcher.group(1);
    }

    String address() {
        return address;
    }

    int port() {
        return URI.create(address).getPort();
    }

    HttpClient client() {
        return client;
    }

    HttpRequest prediction(BodyPublisher image) {
        return HttpRequest.newBuilder(URI.create(address + "/predictions/cells"))
                .timeout(Duration.ofSeconds(PATIENCE_SECONDS))
                .POST(image)
                .build();
    }

    HttpResponse<String> predict(byte[] image) throws IOException, InterruptedException {
        return client.send(prediction(BodyPublishers.ofByteArray(image)), BodyHandlers.ofString());
    }

    String get(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create(address + path)).build(),
                        BodyHandlers.ofString())
                .body();
    }

    /** {@return the resident memory of the process in MiB} */
    double residentMib() {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))
                    .stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what Java's heap holds after a full collection, in MiB} */
    double liveHeapMib() throws IOException, InterruptedException {
        diagnose("GC.run");
        // The parallel collector's two generations, each: total ...K, used ...K
        double kib =
                HEAP_USED
                        .matcher(diagnose("GC.heap_info"))
                        .results()
                        .mapToDouble(match -> Double.parseDouble(match.group(1)))
                        .sum();
        assertThat(kib).isPositive();
        return kib / 1024;
    }

    private String diagnose(String command) throws IOException, InterruptedException {
        Process jcmd =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                                Long.toString(process.pid()),
                                command)
                        .redirectErrorStream(true)
                        .start();
        String answer = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jcmd.waitFor()).as(answer).isZero();
        return answer;
    }

    /** Sends SIGTERM and waits for the end. */
    void terminate() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** {@return the lines of the access log} */
    List<String> log() throws IOException {
        return Files.readAllLines(log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
