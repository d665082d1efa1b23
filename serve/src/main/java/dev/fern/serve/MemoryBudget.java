package dev.fern.serve;

import java.util.concurrent.Semaphore;

/** Bounds the memory for what is on its way from and to clients. Thread-safe. */
final class MemoryBudget {

    private static final int KIB = 1024;

    private final int totalKib;
    private final Semaphore freeKib;

    private MemoryBudget(int totalKib) {
        this.totalKib = totalKib;
        freeKib = new Semaphore(totalKib);
    }

    /**
     * {@return a budget of which nothing is taken yet}
     *
     * @param part of Java's heap that all shares together may take, 0 to 1
     */
    static MemoryBudget ofHeap(double part) {
        double kib = part * Runtime.getRuntime().maxMemory() / KIB;
        return new MemoryBudget((int) Math.min(kib, Integer.MAX_VALUE));
    }

    /** {@return a share of nothing yet, which the caller closes} */
    Share share() {
        return new Share();
    }

    /** What one request takes. */
    final class Share implements AutoCloseable {
        private int kib;
        private boolean isClosed;

        private Share() {}

        /**
         * Takes more, unless others leave too little or the share is closed. What is more than the
         * whole budget is had when nobody else has anything.
         *
         * @param bytes at least 0
         * @return whether it was taken
         */
        synchronized boolean grow(int bytes) {
            int more = Math.min((bytes + KIB - 1) / KIB, totalKib - kib);
            boolean isTaken = !isClosed && freeKib.tryAcquire(more);
            kib += isTaken ? more : 0;
            return isTaken;
        }

        /** Gives all of it back. */
        @Override
        public synchronized void close() {
            isClosed = true;
            freeKib.release(kib);
            kib = 0;
        }
    }
}
