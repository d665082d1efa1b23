package dev.fern.serve;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.NonFiniteOutputException;
import dev.fern.serve.ApiHandler.Exchange;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.Promise;

/**
 * Answers requests for predictions: reads the body while no thread waits for it, lets it wait in a
 * bounded queue, and detects on a worker. Memory is bounded by the queue, the number of workers,
 * and a budget for bodies on their way.
 */
final class Predictions implements AutoCloseable {

    /** Of Java's heap, what bodies may take that have come and are not answered. */
    private static final double BODIES_SHARE = 0.25;

    /** Of Java's heap, what drawings may take that clients have not yet read. */
    private static final double DRAWINGS_SHARE = 0.125;

    private static final int MOST_PARTS = 16;

    /** Of a form's parameter; those of a query are bounded by the head of the request. */
    private static final int LONGEST_PARAMETER = 1 << 14;

    private static final String SHORT_OF_MEMORY =
            "the server is short of memory or about to end; try again";

    private static final String WAITED = "the request has waited for too long; try again";

    /** For how long a body that is too large is read. */
    private static final int FORGET_SECONDS = 2;

    private final ServerOptions options;
    private final ThreadPoolExecutor workers;
    private final MemoryBudget bodies = MemoryBudget.ofHeap(BODIES_SHARE);
    private final MemoryBudget drawings = MemoryBudget.ofHeap(DRAWINGS_SHARE);

    Predictions(ServerOptions options) {
        this.options = options;
        int threads =
                Math.max(1 + Runtime.getRuntime().availableProcessors(), options.maxBatch() + 1);
        workers =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(options.queueLength()));
    }

    /** {@return how many requests wait for a worker} */
    int waiting() {
        return workers.getQueue().size();
    }

    /** Begins to read a request. */
    void start(Exchange exchange, ServedModel model) {
        Request request = exchange.request();
        long length = request.getLength();
        if (length > options.maxBodyBytes()) {
            refuseTooLarge(exchange);
            return;
        }
        MemoryBudget.Share share = bodies.share();
        Request.addCompletionListener(request, failure -> share.close());
        IncomingBody.receive(request, options.maxBodyBytes(), share, options.timeoutSeconds())
                .whenComplete(
                        (body, failure) -> {
                            if (failure == null) {
                                enqueue(exchange, model, body, share);
                            } else {
                                notReceived(exchange, failure);
                            }
                        });
    }

    /**
     * Refuses a body that is announced to be too large. What already comes is read and forgotten,
     * since most clients don't look for an answer while they send, and lose it when the connection
     * closes.
     */
    private void refuseTooLarge(Exchange exchange) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        if (exchange.request().getHeaders().contains(HttpHeader.EXPECT)) {
            sent.complete(null); // the client waits for leave to send
        } else {
            Content.Source.consumeAll(
                    exchange.request(),
                    Callback.from(() -> sent.complete(null), sent::completeExceptionally));
        }
        sent.completeOnTimeout(null, FORGET_SECONDS, TimeUnit.SECONDS)
                .whenComplete(
                        (done, failure) ->
                                exchange.refuseAndClose(
                                        HttpStatus.PAYLOAD_TOO_LARGE_413,
                                        IncomingBody.tooLarge(options.maxBodyBytes())));
    }

    private void notReceived(Exchange exchange, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            exchange.refuseAndClose(
                    HttpStatus.REQUEST_TIMEOUT_408,
                    "the request's body did not come within "
                            + options.timeoutSeconds()
                            + " seconds");
        } else if (cause instanceof RefusedException refused) {
            exchange.refuseAndClose(refused.status(), refused.getMessage());
        } else if (cause instanceof OutOfMemoryError) {
            exchange.refuseForNow(SHORT_OF_MEMORY);
        } else {
            exchange.abandon(cause);
        }
    }

    private void enqueue(
            Exchange exchange, ServedModel model, byte[] body, MemoryBudget.Share share) {
        try {
            workers.execute(
                    () -> {
                        try {
                            answer(exchange, model, body);
                        } finally {
                            share.close();
                        }
                    });
        } catch (RejectedExecutionException e) {
            exchange.refuseForNow("too many requests wait; try again");
        }
    }

    private void answer(Exchange exchange, ServedModel model, byte[] body) {
        if (ConnectionWatch.isClientGone(exchange.request())) {
            exchange.abandon();
            return;
        }
        if (patienceNanos(exchange) < 0) {
            exchange.refuseForNow(WAITED);
            return;
        }
        ServedModel.Loaded loaded = model.use();
        try {
            PredictionRequest wanted = read(exchange.request(), body);
            wanted.require(loaded);
            answer(exchange, model.name(), loaded, wanted);
        } catch (RefusedException e) {
            exchange.refuse(e.status(), e.getMessage());
        } catch (ImageReadException e) {
            exchange.refuse(HttpStatus.BAD_REQUEST_400, e.getMessage());
        } catch (NonFiniteOutputException e) {
            exchange.refuse(HttpStatus.INTERNAL_SERVER_ERROR_500, e.getMessage());
        } catch (TimeoutException e) {
            exchange.refuseForNow(WAITED);
        } catch (InterruptedException | OutOfMemoryError e) {
            exchange.refuseForNow(SHORT_OF_MEMORY);
        } catch (IOException | RuntimeException | LinkageError e) {
            System.getLogger(Predictions.class.getName()).log(Level.ERROR, "a request failed", e);
            exchange.refuse(HttpStatus.INTERNAL_SERVER_ERROR_500, "internal fault");
        } finally {
            loaded.release();
        }
    }

    /** {@return for how much longer a request may wait; negative if it has waited for too long} */
    private long patienceNanos(Exchange exchange) {
        return TimeUnit.SECONDS.toNanos(options.timeoutSeconds()) - exchange.age();
    }

    private void answer(
            Exchange exchange, String model, ServedModel.Loaded loaded, PredictionRequest wanted)
            throws IOException, InterruptedException, TimeoutException {
        ImageSource source = ImageSource.ofBytes("the image", wanted::image);
        try (BgrImage image = options.reader().read(source)) {
            List<Detection> found = wanted.wanted(loaded.detect(image, patienceNanos(exchange)));
            Optional<String> drawing = drawing(exchange.request());
            if (drawing.isPresent()) {
                Answers.draw(image, found);
                boolean png = drawing.get().equals("image/png");
                byte[] drawn = image.encoded(png ? ".png" : ".jpg");
                MemoryBudget.Share share = drawings.share();
                Request.addCompletionListener(exchange.request(), failure -> share.close());
                if (share.grow(drawn.length)) {
                    exchange.answer(HttpStatus.OK_200, drawing.get(), drawn);
                } else {
                    exchange.refuseForNow("too much is being sent; try again");
                }
                return;
            }
            exchange.answer(
                    HttpStatus.OK_200,
                    "application/json",
                    Answers.json(
                            Answers.detections(
                                    model,
                                    loaded.version(),
                                    image.width(),
                                    image.height(),
                                    found)));
        }
    }

    /** Returns the type of image that the client prefers to JSON, if there is one. */
    private static Optional<String> drawing(Request request) {
        for (String type : request.getHeaders().getQualityCSV(HttpHeader.ACCEPT)) {
            switch (type) {
                case "image/png", "image/jpeg" -> {
                    return Optional.of(type);
                }
                case "application/json", "application/*", "*/*" -> {
                    return Optional.empty();
                }
                default -> {}
            }
        }
        return Optional.empty();
    }

    private PredictionRequest read(Request request, byte[] body)
            throws RefusedException, IOException {
        Map<String, String> parameters = new HashMap<>();
        try {
            for (Fields.Field field : Request.extractQueryParameters(request)) {
                parameters.put(field.getName(), field.getValue());
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new RefusedException(
                    HttpStatus.BAD_REQUEST_400,
                    "the query is damaged: %XX must be the bytes of UTF-8 text");
        }
        HttpField type = request.getHeaders().getField(HttpHeader.CONTENT_TYPE);
        if (type == null || !type.getValue().toLowerCase(Locale.ROOT).startsWith("multipart/")) {
            return PredictionRequest.of(body, parameters);
        }
        return PredictionRequest.of(image(type.getValue(), body, parameters), parameters);
    }

    /** Returns the image among the parts of a form, and reads the parameters among them. */
    private byte[] image(String type, byte[] body, Map<String, String> parameters)
            throws RefusedException, IOException {
        String boundary = MultiPart.extractBoundary(type);
        if (boundary == null) {
            throw new RefusedException(HttpStatus.BAD_REQUEST_400, "the form has no boundary");
        }
        MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
        parser.setMaxMemoryFileSize(-1); // never a file
        parser.setMaxParts(MOST_PARTS);
        CompletableFuture<MultiPartFormData.Parts> parsed = new CompletableFuture<>();
        parser.parse(
                Content.Source.from(ByteBuffer.wrap(body)), Promise.Invocable.toPromise(parsed));
        byte[] image = {};
        try (MultiPartFormData.Parts parts = parsed.join()) {
            for (MultiPart.Part part : parts) {
                if (part.getFileName() == null && part.getName() == null) {
                    throw new RefusedException(
                            HttpStatus.BAD_REQUEST_400, "the form has a part without a name");
                } else if (part.getFileName() == null && part.getLength() > LONGEST_PARAMETER) {
                    throw new RefusedException(
                            HttpStatus.BAD_REQUEST_400,
                            "a parameter of the form is longer than "
                                    + LONGEST_PARAMETER
                                    + " bytes");
                } else if (part.getFileName() == null) {
                    parameters.put(part.getName(), part.getContentAsString(StandardCharsets.UTF_8));
                } else if (image.length > 0) {
                    throw new RefusedException(
                            HttpStatus.BAD_REQUEST_400, "the form has more than one image");
                } else {
                    image = Content.Source.asInputStream(part.createContentSource()).readAllBytes();
                }
            }
        } catch (CompletionException e) {
            throw new RefusedException(
                    HttpStatus.BAD_REQUEST_400,
                    "the form is damaged: " + e.getCause().getMessage());
        }
        return image;
    }

    /** Ends the workers once they have answered what was accepted. */
    @Override
    public void close() {
        workers.shutdown();
        try {
            if (!workers.awaitTermination(options.timeoutSeconds(), TimeUnit.SECONDS)) {
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            workers.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
