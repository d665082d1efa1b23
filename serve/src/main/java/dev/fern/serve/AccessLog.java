package dev.fern.serve;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/** Writes one line of JSON per answered request. */
final class AccessLog implements RequestLog {

    private static final Gson GSON = new Gson();

    private final PrintStream out;

    AccessLog(PrintStream out) {
        this.out = out;
    }

    @Override
    public void log(Request request, Response response) {
        Instant start = Instant.ofEpochMilli(Request.getTimeStamp(request));
        JsonObject line = new JsonObject();
        line.addProperty("time", start.toString());
        line.addProperty("client", Request.getRemoteAddr(request));
        line.addProperty("method", request.getMethod());
        line.addProperty("path", request.getHttpURI().getPath());
        line.addProperty("status", response.getStatus());
        line.addProperty("bytes_in", Request.getContentBytesRead(request));
        line.addProperty("bytes_out", Response.getContentBytesWritten(response));
        Duration took = Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime());
        line.addProperty("ms", TimeUnit.NANOSECONDS.toMicros(took.toNanos()) / 1000.0);
        out.println(GSON.toJson(line));
    }
}
