package dev.fern.tools.console;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets work stop in an orderly way when the process is told to end, by Ctrl-C or otherwise. While
 * this is open, such a signal asks the work to stop, and the process waits until it has, for at
 * most five minutes.
 */
public final class OnInterrupt implements AutoCloseable {

    private static final int MOST_MINUTES = 5;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread hook;

    /**
     * Starts to wait for the end of the process.
     *
     * @param stop asks the work to stop; called on a thread of its own
     */
    public OnInterrupt(Runnable stop) {
        hook =
                new Thread(
                        () -> {
                            stop.run();
                            await();
                        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void await() {
        try {
            if (!stopped.await(MOST_MINUTES, TimeUnit.MINUTES)) {
                Messages.errors().println("fern: gave up waiting for the checkpoint");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Says that the work has stopped or is done. */
    @Override
    public void close() {
        stopped.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook is running.
            return;
        }
    }
}
