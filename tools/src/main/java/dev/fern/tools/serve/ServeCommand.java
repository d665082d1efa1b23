package dev.fern.tools.serve;

import dev.fern.detection.files.TextFile;
import dev.fern.detection.model.Detector;
import dev.fern.serve.PredictionServer;
import dev.fern.serve.ServerOptions;
import dev.fern.serve.ServerOptions.KeyStoreFile;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OnInterrupt;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.input.ModelOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves models by HTTP until the process is told to end. */
@Command(
        name = "serve",
        sortOptions = false,
        description = {
            "Serves models by HTTP.",
            "",
            "POST /predictions/NAME takes an image and answers with the objects in it, as JSON or"
                    + " drawn; / is a page to try it on. What a client gets does not depend on who else"
                    + " asks. A model directory that changes is loaded anew while the old model"
                    + " answers. Standard output has one line of JSON per request. Ctrl-C and SIGTERM"
                    + " end the server once it has answered what it has accepted."
        },
        footer = {
            "",
            "Examples:",
            "  fern serve --model runs/a/best",
            "  curl --data-binary @photograph.jpg localhost:8080/predictions/best"
        })
public final class ServeCommand implements Callable<Integer> {

    private static final int MIB = 1 << 20;
    private static final int MOST_MIB = 1023;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--model",
            required = true,
            paramLabel = "[NAME=]DIR",
            description =
                    "Model directory, and the name that clients call it by. May be given several"
                            + " times. Default name: the directory's last part.")
    private List<String> models;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description =
                    "Address to listen on. Default: ${DEFAULT-VALUE}, which this machine alone"
                            + " reaches; 0.0.0.0 is reached by all.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port to listen on; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--max-batch",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of images, with canvases of one size, that may pass the network"
                            + " together. On processors a batch gains nothing; on a GPU use 8 or more."
                            + " Default: ${DEFAULT-VALUE}.")
    private int maxBatch;

    @Option(
            names = "--max-delay-ms",
            paramLabel = "N",
            defaultValue = "2",
            description =
                    "Milliseconds for which an image waits for others to join it, where --max-batch"
                            + " is above 1. Default: ${DEFAULT-VALUE}.")
    private int maxDelay;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "64",
            description =
                    "Number of requests that may wait; more are answered with status 503. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--max-body-mib",
            paramLabel = "N",
            defaultValue = "32",
            description = "Largest body of a request in MiB. Default: ${DEFAULT-VALUE}.")
    private int maxBody;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description =
                    "Seconds for which a client may take to send an image, and a request may wait."
                            + " Default: ${DEFAULT-VALUE}.")
    private int timeout;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "File whose first line clients must send as bearer token. Default: none is"
                            + " needed.")
    private Path tokenFile;

    @Option(
            names = "--key-store",
            paramLabel = "FILE",
            description =
                    "Key store (PKCS12 or JKS) with key and certificate, for HTTPS. Default: HTTP.")
    private Path keyStore;

    @Option(
            names = "--key-store-password-file",
            paramLabel = "FILE",
            description =
                    "File whose first line is the key store's password. Default: no password.")
    private Path passwordFile;

    @WithoutOptions({"--batch-size", "--skip-bad-images"})
    @Mixin
    private ModelOptions options;

    @Override
    public Integer call() throws Exception {
        Map<String, Path> directories = directories();
        ServerOptions server = serverOptions();
        // The access log goes above a progress bar like all else, and is written line by line.
        PrintStream log = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        CountDownLatch end = new CountDownLatch(1);
        OnInterrupt interrupt = new OnInterrupt(end::countDown);
        try (interrupt;
                PredictionServer running =
                        PredictionServer.start(server, directories, this::load, log)) {
            System.err.println(
                    "serving "
                            + String.join(", ", directories.keySet())
                            + " at "
                            + running.address());
            end.await();
        } catch (BindException e) {
            throw new BadInputException(
                    e.getMessage() + "; choose another with --port or --host", e);
        }
        return 0;
    }

    private Map<String, Path> directories() throws BadInputException {
        Map<String, Path> directories = new LinkedHashMap<>();
        for (String given : models) {
            int equals = given.indexOf('=');
            Path directory = Path.of(given.substring(equals + 1));
            String name =
                    equals >= 0
                            ? given.substring(0, equals)
                            : String.valueOf(directory.toAbsolutePath().normalize().getFileName());
            if (!name.matches("[A-Za-z0-9._-]+")) {
                throw new BadInputException(
                        "--model "
                                + given
                                + ": clients call a model by letters, digits, '.', '_' and '-';"
                                + " write NAME="
                                + directory);
            }
            if (directories.put(name, directory) != null) {
                throw new BadInputException(
                        "two models are named " + name + "; give them names: --model NAME=DIR");
            }
        }
        return directories;
    }

    private ServerOptions serverOptions() throws IOException, BadInputException {
        if (maxBody < 1 || maxBody > MOST_MIB) {
            throw new BadInputException(
                    "--max-body-mib must be 1 to " + MOST_MIB + ", not " + maxBody);
        }
        if (passwordFile != null && keyStore == null) {
            throw new BadInputException("--key-store-password-file needs --key-store");
        }
        Optional<KeyStoreFile> tls = Optional.empty();
        if (keyStore != null) {
            if (!Files.isReadable(keyStore)) {
                throw new BadInputException(keyStore + ": there is no such file to read");
            }
            String password = passwordFile == null ? "" : firstLine(passwordFile);
            tls = Optional.of(new KeyStoreFile(keyStore, password));
        }
        try {
            return new ServerOptions(
                    host,
                    port,
                    maxBatch,
                    maxDelay,
                    queue,
                    maxBody * MIB,
                    options.reader(),
                    timeout,
                    tokenFile == null ? Optional.empty() : Optional.of(firstLine(tokenFile)),
                    tls);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private static String firstLine(Path file) throws IOException, BadInputException {
        String line = TextFile.read(file).lines().findFirst().orElse("");
        if (line.isBlank()) {
            throw new BadInputException(file + ": its first line is empty");
        }
        return line.strip();
    }

    private Detector load(Path directory) throws IOException {
        try {
            return options.load(directory);
        } catch (BadInputException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
