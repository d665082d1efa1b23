package dev.fern.backbone.loop;

/** A thread whose loops take no more than its share of the cores. */
public class WorkerThread extends Thread {

    private final int cores;

    /**
     * Makes a daemon thread.
     *
     * @param work what it runs
     * @param name what stack traces and monitors call the thread
     * @param cores how many cores its loops may take, 1 or more
     */
    public WorkerThread(Runnable work, String name, int cores) {
        super(work, name);
        this.cores = cores;
        setDaemon(true);
    }

    /** {@return the number of cores that the loops of this thread may take, 1 or more} */
    public final int cores() {
        return cores;
    }
}
