package dev.fern.detection.train;

import java.io.IOException;
import java.util.Optional;

/** The wish, which any thread may have, that a training ends. */
final class StopRequest {

    /** What is broken off when the wish comes. */
    @FunctionalInterface
    interface Breakable<T> {
        /** Runs on the training's thread, which is interrupted. */
        T run() throws IOException, InterruptedException;
    }

    private volatile boolean made;

    /** The training's thread while it may be interrupted; guarded by this object. */
    private Thread breakable;

    /** Makes the request, and interrupts what can be broken off. */
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
     * Runs something that may be broken off, unless the request was made before.
     *
     * @return its result, or empty if the request came before that was there
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
        } catch (InterruptedException e) {
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
