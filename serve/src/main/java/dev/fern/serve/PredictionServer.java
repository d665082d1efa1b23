package dev.fern.serve;

import dev.fern.detection.model.Detector;
import dev.fern.serve.ServerOptions.KeyStoreFile;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * An HTTP server that detects objects with one or more models. It answers {@code POST
 * /predictions/{model}}, {@code GET /models}, {@code GET /ping} and {@code GET /metrics}.
 */
public final class PredictionServer implements AutoCloseable {

    private static final int MOST_CONNECTIONS = 1024;
    private static final int MOST_THREADS = 32;
    private static final int HEADER_BYTES = 16 * 1024;
    private static final int LOOK_EVERY_SECONDS = 2;

    private final Server server;
    private final ServerConnector connector;
    private final List<ServedModel> models;
    private final Predictions predictions;
    private final ServerMetrics metrics;
    private final ConnectionWatch connections;
    private final Duration timeout;
    private int port;
    private final ScheduledExecutorService watching = Executors.newSingleThreadScheduledExecutor();

    /** Apart from the watching of models, which may load one for seconds. */
    private final ScheduledExecutorService deadlines = Executors.newSingleThreadScheduledExecutor();

    /** Loads the detector of a model directory. */
    @FunctionalInterface
    public interface DetectorLoading {
        /**
         * Loads a detector, with the settings that a server's models have.
         *
         * @param directory the model directory
         * @return the detector, which the server closes
         * @throws IOException naming the file of the model that can't be used
         */
        Detector load(Path directory) throws IOException;
    }

    private PredictionServer(
            ServerOptions options,
            List<ServedModel> models,
            Predictions predictions,
            ServerMetrics metrics,
            PrintStream accessLog)
            throws IOException {
        this.models = models;
        this.predictions = predictions;
        this.metrics = metrics;
        QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS);
        threads.setName("http");
        server = new Server(threads);
        connector = connector(server, options);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, connector));
        timeout = Duration.ofSeconds(options.timeoutSeconds());
        connections =
                new ConnectionWatch(
                        new ApiHandler(models, predictions, metrics, options.token()), timeout);
        connector.addBean(connections);
        server.setHandler(connections);
        server.setErrorHandler(PredictionServer::answerError);
        server.setStopTimeout(0); // close() waits for what is asked
        server.setRequestLog(new AccessLog(accessLog));
    }

    private static ServerConnector connector(Server server, ServerOptions options)
            throws IOException {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        ServerConnector connector;
        if (options.keyStore().isPresent()) {
            SslContextFactory.Server tls = new SslContextFactory.Server();
            tls.setKeyStore(keyStore(options.keyStore().get()));
            tls.setKeyStorePassword(options.keyStore().get().password());
            http.addCustomizer(new SecureRequestCustomizer(false));
            connector =
                    new ServerConnector(
                            server, new SslConnectionFactory(tls, plain.getProtocol()), plain);
        } else {
            connector = new ServerConnector(server, plain);
        }
        connector.setHost(options.host());
        connector.setPort(options.port());
        connector.setIdleTimeout(0); // ConnectionWatch ends what waits for too long
        return connector;
    }

    /** Answers what Jetty refuses itself, such as a damaged path. */
    private static boolean answerError(Request request, Response response, Callback callback) {
        Object message = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        byte[] body =
                Answers.error(
                        response.getStatus(),
                        message == null
                                ? HttpStatus.getMessage(response.getStatus())
                                : message.toString());
        response.write(true, ByteBuffer.wrap(body), callback);
        return true;
    }

    private static KeyStore keyStore(KeyStoreFile file) throws IOException {
        try {
            return KeyStore.getInstance(file.path().toFile(), file.password().toCharArray());
        } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
            throw new IOException(
                    file.path()
                            + ": not a key store in PKCS12 or JKS, or with another password: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Loads models and listens.
     *
     * @param options how to listen and what to take
     * @param directories the models by their names
     * @param loading loads each, now and when its files have changed
     * @param accessLog takes one line of JSON per request
     * @return the server, which the caller closes
     * @throws IOException naming the file of a model that can't be used, or the address that can't
     *     be listened on
     * @throws BindException if the address can't be listened on, as one that another program uses
     */
    public static PredictionServer start(
            ServerOptions options,
            Map<String, Path> directories,
            DetectorLoading loading,
            PrintStream accessLog)
            throws IOException {
        Predictions predictions = new Predictions(options);
        ServerMetrics metrics = new ServerMetrics(predictions::waiting);
        List<ServedModel> models = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> entry : directories.entrySet()) {
                models.add(
                        ServedModel.load(
                                entry.getKey(),
                                entry.getValue(),
                                directory -> batched(loading.load(directory), options, metrics)));
            }
            PredictionServer server =
                    new PredictionServer(options, models, predictions, metrics, accessLog);
            server.start();
            return server;
        } catch (IOException | RuntimeException e) {
            predictions.close();
            models.forEach(ServedModel::close);
            throw e;
        }
    }

    private static ServedModel.Batched batched(
            Detector detector, ServerOptions options, ServerMetrics metrics) {
        return new ServedModel.Batched(
                detector,
                new Batcher(
                        detector, options.maxBatch(), options.maxDelayMillis(), metrics::batch));
    }

    private void start() throws IOException {
        try {
            server.start();
            port = connector.getLocalPort();
        } catch (Exception e) { // Jetty declares no other
            watching.shutdownNow();
            if (e.getCause() instanceof BindException cause) {
                String host = connector.getHost();
                BindException told =
                        new BindException(
                                cause.getMessage().contains("in use")
                                        ? "port "
                                                + connector.getPort()
                                                + " of "
                                                + host
                                                + " is in use"
                                        : "can't listen on " + host + ": " + cause.getMessage());
                told.initCause(e);
                throw told;
            }
            throw e instanceof IOException io ? io : new IOException(e.getMessage(), e);
        }
        watching.scheduleWithFixedDelay(
                this::refresh, LOOK_EVERY_SECONDS, LOOK_EVERY_SECONDS, TimeUnit.SECONDS);
        deadlines.scheduleWithFixedDelay(connections::closeExpired, 1, 1, TimeUnit.SECONDS);
    }

    private void refresh() {
        for (ServedModel model : models) {
            try {
                if (model.refresh()) {
                    metrics.reloaded(model.name(), true);
                }
            } catch (IOException | RuntimeException | OutOfMemoryError | LinkageError e) {
                // All that loading throws: what ends here would end the watching.
                metrics.reloaded(model.name(), false);
                System.getLogger(PredictionServer.class.getName())
                        .log(
                                Level.WARNING,
                                "model {0} goes on as it was: {1}",
                                model.name(),
                                e.getMessage());
            }
        }
    }

    /** {@return the port that the server listens on} */
    public int port() {
        return port;
    }

    /** {@return the address of the server, such as {@code http://127.0.0.1:8080}} */
    public String address() {
        String scheme =
                Optional.ofNullable(connector.getConnectionFactory(SslConnectionFactory.class))
                        .map(tls -> "https")
                        .orElse("http");
        return scheme + "://" + connector.getHost() + ":" + port();
    }

    /** Stops listening, answers what was accepted, and frees the models. */
    @Override
    public void close() {
        watching.shutdownNow();
        deadlines.shutdownNow();
        try {
            connector.close();
            connections.drain(timeout);
            server.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) { // Jetty declares no other
            System.getLogger(PredictionServer.class.getName())
                    .log(Level.WARNING, "the server did not stop cleanly", e);
        }
        predictions.close();
        models.forEach(ServedModel::close);
    }
}
