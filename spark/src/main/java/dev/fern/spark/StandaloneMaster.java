package dev.fern.spark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;

/**
 * The master of a standalone cluster, or several of which one leads. Where none answers, Spark
 * itself says nothing for a minute.
 *
 * @param url Spark's name, such as {@code spark://host:7077}
 * @param addresses where they listen
 */
record StandaloneMaster(String url, List<InetSocketAddress> addresses) {

    private static final Pattern URL = Pattern.compile("spark://(.+)");
    private static final Pattern ADDRESS = Pattern.compile("(.+):(\\d{1,5})");
    private static final int CONNECT_SECONDS = 5;
    private static final int START_SECONDS = 30;
    private static final int RETRY_MILLIS = 200;

    /** Starts a session, on whatever cluster. */
    static SparkSession session(String url, SparkSession.Builder builder) throws IOException {
        Matcher addresses = URL.matcher(url);
        if (!addresses.matches()) {
            return builder.getOrCreate();
        }
        List<InetSocketAddress> masters = new ArrayList<>();
        for (String address : addresses.group(1).split(",")) {
            Matcher parts = ADDRESS.matcher(address);
            if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535) {
                throw new IOException(url + ": wanted spark://HOST:PORT");
            }
            masters.add(new InetSocketAddress(parts.group(1), Integer.parseInt(parts.group(2))));
        }
        StandaloneMaster master = new StandaloneMaster(url, masters);
        master.require();
        return master.session(builder);
    }

    /** Waits some seconds, since it may be starting, until something listens. */
    private void require() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CONNECT_SECONDS);
        while (true) {
            IOException failure = null;
            for (InetSocketAddress address : addresses) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                try (Socket socket = new Socket()) {
                    socket.connect(
                            // Of a name that was not found it is to be asked again.
                            new InetSocketAddress(address.getHostString(), address.getPort()),
                            (int) Math.max(1, left));
                    return;
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (System.nanoTime() > end) {
                throw new IOException(
                        String.format(
                                "%s: no master of Spark answers (%s)",
                                url, failure.getMessage() == null ? failure : failure.getMessage()),
                        failure);
            }
            pause();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while Spark's master was waited for", e);
        }
    }

    /** Starts a session on a thread of its own, since what listens need not be a master. */
    private SparkSession session(SparkSession.Builder builder) throws IOException {
        FutureTask<SparkSession> start =
                new FutureTask<>(builder::getOrCreate) {
                    @Override
                    protected void set(SparkSession session) {
                        super.set(session);
                        if (isCancelled()) {
                            session.stop();
                        }
                    }
                };
        Thread thread = new Thread(start, "fern-spark-start");
        thread.setDaemon(true);
        thread.start();
        try {
            return start.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            start.cancel(false);
            throw new IOException(
                    String.format(
                            "%s: no master of Spark has answered within %d s; is it the port of"
                                    + " something else?",
                            url, START_SECONDS),
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            start.cancel(false);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while Spark started", e);
        }
    }
}
