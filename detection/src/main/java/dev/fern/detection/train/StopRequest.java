package dev.fern.detection.train;

import java.io.IOException;
import java.util.Optional;

/** The request that a training ends. Any thread may make it. */
final class StopRequest {

    /** Work that is broken off when the request is made. */
    @FunctionalInterface
    interface Breakable<T> {
        /** Runs on the training's thread, which the request interrupts. */
        T run() throws IOException, InterruptedException;
    }

    private volatile boolean made;

    /** The training's thread while it may be interrupted; guarded by this object. */
    private Thread breakable;

    /** Makes the request and interrupts the work that can be broken off, if some is under way. */
    synchronized void make() {
        made = true;
        if (breakable != null) {
            breakable.interrupt();
        }
    }

    boolean isMade() {
        return made;
    }

    /**
     * Runs work that may be broken off, unless the request was made before.
     *
     * @return its result; empty if the request was made before it had one
     * @throws InterruptedException if something else interrupts it
     */
    <T> Optional<T> unlessMade(Breakable<T> work) throws IOException, InterruptedException {
        synchronized (this) {
            if (made) {
                return Optional.empty();
            }
            breakable = Thread.currentThread();
        }
        try {
            return Optional.of(work.run());
        } catch (InterruptedException | IOException e) {
            // A file that is being read or written then fails too: the interrupt closes it.
            if (!made) {
                throw e;
            }
            return Optional.empty();
        } finally {
            synchronized (this) {
                breakable = null;
                if (made) {
                    Thread.interrupted();
                }
            }
        }
    }
}
