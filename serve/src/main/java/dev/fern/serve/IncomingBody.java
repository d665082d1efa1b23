package dev.fern.serve;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * The body of a request on its way. It takes from a budget of memory what has come, not what is
 * announced, so that nobody keeps others out by announcing much and sending little. Thread-safe.
 */
final class IncomingBody {

    private static final int FIRST_BYTES = 1 << 14;

    private final Request request;
    private final int most;
    private final MemoryBudget.Share share;
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private byte[] bytes = {};
    private int length;

    private IncomingBody(Request request, int most, MemoryBudget.Share share) {
        this.request = request;
        this.most = most;
        this.share = share;
    }

    /**
     * Begins to receive a body.
     *
     * @param most bytes that it may have
     * @param share grows with what comes; the caller closes it
     * @param timeoutSeconds for how long the client may take
     * @return all bytes or, as the failure, a {@link RefusedException}, a {@link
     *     java.util.concurrent.TimeoutException}, or what is wrong with the connection
     */
    static CompletableFuture<byte[]> receive(
            Request request, int most, MemoryBudget.Share share, int timeoutSeconds) {
        IncomingBody body = new IncomingBody(request, most, share);
        body.whole.orTimeout(timeoutSeconds, TimeUnit.SECONDS);
        body.read();
        return body.whole;
    }

    /** Takes what has come, again and again when there is more. */
    private void read() {
        try {
            while (!whole.isDone()) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    request.demand(this::read);
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    whole.completeExceptionally(chunk.getFailure());
                    return;
                }
                try {
                    append(chunk.getByteBuffer());
                } finally {
                    chunk.release();
                }
                if (chunk.isLast()) {
                    whole.complete(length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
                }
            }
        } catch (RefusedException | RuntimeException | OutOfMemoryError e) {
            whole.completeExceptionally(e);
        }
    }

    static String tooLarge(int most) {
        return "the request's body is larger than " + most + " bytes";
    }

    private void append(ByteBuffer chunk) throws RefusedException {
        int added = chunk.remaining();
        if (added > most - length) {
            throw new RefusedException(HttpStatus.PAYLOAD_TOO_LARGE_413, tooLarge(most));
        }
        if (added > bytes.length - length) {
            long announced = request.getLength();
            long room = Math.max(length + added, Math.max(FIRST_BYTES, 2L * bytes.length));
            int size = (int) Math.min(room, announced < 0 ? most : announced);
            if (!share.grow(size - bytes.length)) {
                throw new RefusedException(
                        HttpStatus.SERVICE_UNAVAILABLE_503,
                        "too much is being received; try again");
            }
            bytes = Arrays.copyOf(bytes, size);
        }
        chunk.get(bytes, length, added);
        length += added;
    }
}
