package dev.fern.serve;

import com.google.gson.JsonElement;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Finds out what a request is for, and answers all but predictions at once. */
final class ApiHandler extends Handler.Abstract {

    private static final String JSON = "application/json";
    private static final String PREDICTIONS = "/predictions/";
    private static final String PING = "/ping";
    private static final String BEARER = "Bearer ";

    private final Page page = new Page();
    private final Map<String, ServedModel> models = new LinkedHashMap<>();
    private final Predictions predictions;
    private final ServerMetrics metrics;
    private final Optional<String> token;

    ApiHandler(
            List<ServedModel> models,
            Predictions predictions,
            ServerMetrics metrics,
            Optional<String> token) {
        models.forEach(model -> this.models.put(model.name(), model));
        this.predictions = predictions;
        this.metrics = metrics;
        this.token = token;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String path = Request.getPathInContext(request);
        Exchange exchange = new Exchange(request, response, callback, metrics);
        if (path.equals(PING)) {
            exchange.route = "ping";
            get(exchange, () -> Answers.json(Answers.status("Healthy")), JSON);
        } else if (page.at(path).isPresent()) {
            Page.Content file = page.at(path).get();
            exchange.route = "page";
            response.getHeaders().put("Content-Security-Policy", Page.CONTENT_SECURITY_POLICY);
            get(exchange, file::bytes, file.type());
        } else if (!isAllowed(request)) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
            exchange.refuse(HttpStatus.UNAUTHORIZED_401, "a bearer token is needed");
        } else if (path.startsWith(PREDICTIONS)) {
            exchange.route = "predictions";
            predict(exchange, path.substring(PREDICTIONS.length()));
        } else if (path.equals("/models")) {
            exchange.route = "models";
            get(exchange, () -> Answers.json(described()), JSON);
        } else if (path.equals("/metrics")) {
            exchange.route = "metrics";
            get(
                    exchange,
                    () -> metrics.text().getBytes(StandardCharsets.UTF_8),
                    "text/plain; version=0.0.4; charset=utf-8");
        } else {
            exchange.refuse(
                    HttpStatus.NOT_FOUND_404,
                    "there are /predictions/{model}, /models, /ping, /metrics and /openapi.json");
        }
        return true;
    }

    private JsonElement described() {
        return Answers.models(models.values().stream().toList());
    }

    private boolean isAllowed(Request request) {
        if (token.isEmpty()) {
            return true;
        }
        String given = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        return given != null
                && given.regionMatches(true, 0, BEARER, 0, BEARER.length())
                // compares in a time that does not tell how much of the token is right
                && MessageDigest.isEqual(
                        given.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8),
                        token.get().getBytes(StandardCharsets.UTF_8));
    }

    private void predict(Exchange exchange, String name) {
        ServedModel model = models.get(name);
        if (model == null) {
            exchange.refuse(
                    HttpStatus.NOT_FOUND_404,
                    "there is no model of this name; there are " + models.keySet());
        } else if (!HttpMethod.POST.is(exchange.request.getMethod())) {
            notAllowed(exchange, "POST");
        } else {
            exchange.model = name;
            predictions.start(exchange, model);
        }
    }

    /** Makes a body. */
    private interface Body {
        byte[] bytes();
    }

    private static void get(Exchange exchange, Body body, String type) {
        String method = exchange.request.getMethod();
        if (HttpMethod.GET.is(method) || HttpMethod.HEAD.is(method)) {
            exchange.answer(HttpStatus.OK_200, type, body.bytes());
        } else {
            notAllowed(exchange, "GET, HEAD");
        }
    }

    private static void notAllowed(Exchange exchange, String allowed) {
        exchange.response.getHeaders().put(HttpHeader.ALLOW, allowed);
        exchange.refuse(HttpStatus.METHOD_NOT_ALLOWED_405, "use " + allowed);
    }

    /** A request with its answer, which is given once. */
    static final class Exchange {
        private final Request request;
        private final Response response;
        private final Callback callback;
        private final ServerMetrics metrics;
        private final long start = System.nanoTime();
        private String route = "other";
        private String model = "";

        private Exchange(
                Request request, Response response, Callback callback, ServerMetrics metrics) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            this.metrics = metrics;
        }

        Request request() {
            return request;
        }

        /** {@return for how long the request has been here, in nanoseconds} */
        long age() {
            return System.nanoTime() - start;
        }

        void answer(int status, String type, byte[] body) {
            metrics.answered(route, model, status, age());
            write(status, type, body);
        }

        private void write(int status, String type, byte[] body) {
            response.setStatus(status);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
            // Names and messages are others' texts, which no browser shall take for a page.
            response.getHeaders().put("X-Content-Type-Options", "nosniff");
            response.write(true, ByteBuffer.wrap(body), callback);
        }

        void refuse(int status, String message) {
            if (status == HttpStatus.SERVICE_UNAVAILABLE_503) {
                response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
            }
            answer(status, JSON, Answers.error(status, message));
        }

        /** Refuses for now: the client should ask again. */
        void refuseForNow(String message) {
            refuse(HttpStatus.SERVICE_UNAVAILABLE_503, message);
        }

        /** Refuses a request whose body is not read to its end, after which nothing can follow. */
        void refuseAndClose(int status, String message) {
            response.getHeaders().put(new HttpField(HttpHeader.CONNECTION, "close"));
            refuse(status, message);
        }

        /**
         * Gives up on a client that has closed its side: where it closed that alone, it still
         * reads.
         */
        void abandon() {
            metrics.answered(route, model, 0, age());
            int status = HttpStatus.BAD_REQUEST_400;
            write(
                    status,
                    JSON,
                    Answers.error(status, "the client has closed its side of the connection"));
        }

        /** Gives up on a client that is gone. */
        void abandon(Throwable why) {
            metrics.answered(route, model, 0, age());
            callback.failed(why);
        }
    }
}
