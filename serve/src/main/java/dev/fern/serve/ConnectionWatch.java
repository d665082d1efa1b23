package dev.fern.serve;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Knows what each connection waits for, so that no client holds one by sending or reading a byte
 * now and then, and so that a server that stops closes those that ask for nothing. Thread-safe.
 */
final class ConnectionWatch extends Handler.Wrapper implements Connection.Listener {

    /** For how long a server that stops still answers what comes on connections that are open. */
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final long LOOK_EVERY_MILLIS = 5;

    private final Map<Connection, State> states = new ConcurrentHashMap<>();
    private final long allowedNanos;
    private volatile boolean isDraining;

    /** What a connection does. */
    private enum Phase {
        /** The client has not sent the head of a request. */
        IDLE,
        /** A request is received or answered. */
        SERVED,
        /** The client is to read an answer. */
        ANSWERED
    }

    /**
     * @param request that the phase belongs to; null before the first
     */
    private record State(Phase phase, Request request, long since) {
        static State now(Phase phase, Request request) {
            return new State(phase, request, System.nanoTime());
        }

        boolean hasLasted(long nanos) {
            return System.nanoTime() - since > nanos;
        }
    }

    /**
     * Makes a watch.
     *
     * @param handler answers requests
     * @param allowed how long a client may take to send a request's head, and to read an answer
     */
    ConnectionWatch(Handler handler, Duration allowed) {
        super(handler);
        allowedNanos = allowed.toNanos();
    }

    @Override
    public void onOpened(Connection connection) {
        if (connection instanceof ConnectionMetaData) { // the one of HTTP, above TLS
            states.put(connection, State.now(Phase.IDLE, null));
        }
    }

    @Override
    public void onClosed(Connection connection) {
        states.remove(connection);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Connection connection = request.getConnectionMetaData().getConnection();
        states.replace(connection, State.now(Phase.SERVED, request));
        Request.addCompletionListener(request, failure -> enter(Phase.IDLE, request));
        Response watched =
                new Response.Wrapper(request, response) {
                    @Override
                    public void write(boolean last, ByteBuffer content, Callback written) {
                        if (isDraining) {
                            getHeaders().put(HttpHeader.CONNECTION, "close");
                        }
                        enter(Phase.ANSWERED, request);
                        super.write(last, content, written);
                    }
                };
        return super.handle(request, watched, callback);
    }

    /** Notes a request's next phase, unless its connection has gone on to another request. */
    private void enter(Phase phase, Request request) {
        states.computeIfPresent(
                request.getConnectionMetaData().getConnection(),
                (connection, state) ->
                        state.request == request ? State.now(phase, request) : state);
    }

    /** Closes connections whose clients have taken too long. */
    void closeExpired() {
        closeIf(state -> state.phase != Phase.SERVED && state.hasLasted(allowedNanos));
    }

    /** Keeps the system from holding what is unsent for a client that may never read it. */
    private static void forgetUnsent(Connection connection) {
        Object transport = connection.getEndPoint();
        while (transport instanceof EndPoint endPoint) { // that of TLS is above that of the socket
            transport = endPoint.getTransport();
        }
        try {
            if (transport instanceof SocketChannel channel) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            // It is closed already.
        }
    }

    private void closeIf(Predicate<State> condition) {
        states.forEach(
                (connection, state) -> {
                    if (condition.test(state)) {
                        if (state.phase == Phase.ANSWERED) {
                            forgetUnsent(connection);
                        }
                        connection.close();
                    }
                });
    }

    /**
     * Answers what clients have asked for and closes their connections.
     *
     * @param most how long that may take
     */
    void drain(Duration most) throws InterruptedException {
        isDraining = true;
        long start = System.nanoTime();
        while (!states.isEmpty() && System.nanoTime() - start < most.toNanos()) {
            Thread.sleep(LOOK_EVERY_MILLIS);
            closeExpired();
            if (System.nanoTime() - start > LINGER_NANOS) {
                closeIf(state -> state.phase == Phase.IDLE);
            }
        }
    }

    /**
     * Looks whether the client of a request, all of which has been received, has closed the
     * connection.
     */
    static boolean isClientGone(Request request) {
        Connection connection = request.getConnectionMetaData().getConnection();
        try {
            ByteBuffer next = ByteBuffer.allocate(1).limit(0);
            int read = connection.getEndPoint().fill(next);
            if (read > 0 && connection instanceof Connection.UpgradeTo giveBack) {
                giveBack.onUpgradeTo(next); // the next request, which has come early
            }
            return read < 0;
        } catch (IOException | BufferOverflowException e) {
            return true;
        }
    }
}
