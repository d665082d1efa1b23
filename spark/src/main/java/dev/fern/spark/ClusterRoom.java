package dev.fern.spark;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;

/**
 * How many tasks a cluster can run at the same time. The tasks of a barrier stage start together or
 * not at all, and Spark does not say for how long it waits.
 */
final class ClusterRoom {

    private static final Duration QUIET = Duration.ofSeconds(5);
    private static final int LOOK_EVERY_MILLIS = 200;
    private static final String DYNAMIC = "spark.dynamicAllocation.enabled";

    private final SparkContext spark;

    ClusterRoom(SparkContext spark) {
        this.spark = spark;
    }

    /**
     * Returns the number of tasks that the executors of now can run at the same time.
     *
     * @throws IOException if Spark has ended the application
     */
    private int tasks() throws IOException {
        try {
            int tasks =
                    spark.maxNumConcurrentTasks(
                            spark.resourceProfileManager().defaultResourceProfile());
            if (!spark.isStopped()) {
                return tasks;
            }
        } catch (RuntimeException e) {
            if (!spark.isStopped()) {
                throw e; // else it comes of the end
            }
        }
        throw new IOException(
                "Spark has ended the application; where its executors did not start, their logs say"
                        + " why");
    }

    /**
     * Waits until there is room.
     *
     * @param workers how many tasks are to run at the same time
     * @param patience how long to wait
     * @param isBegun whether there is a checkpoint to go on from
     * @param told receives a line when there is none after some seconds
     * @throws IOException if there never is, or none in time
     */
    void await(int workers, Duration patience, boolean isBegun, Consumer<String> told)
            throws IOException {
        if (spark.isLocal() && tasks() < workers) {
            throw new IOException(
                    String.format(
                            "the master %s runs %d tasks at the same time; for %d workers take"
                                    + " local[%d]",
                            spark.master(), tasks(), workers, workers));
        }
        if (spark.conf().getBoolean(DYNAMIC, false)) {
            throw new IOException(
                    DYNAMIC
                            + " is true, by which Spark starts no workers together; set it to false");
        }
        long start = System.nanoTime();
        boolean isTold = false;
        while (true) {
            int room = tasks();
            long waited = System.nanoTime() - start;
            if (room >= workers) {
                return;
            }
            if (waited > patience.toNanos()) {
                throw new IOException(
                        String.format(
                                "the cluster %s has had room for %d of %d workers for %d s; free"
                                        + " some of its cores, take fewer workers, or look into the"
                                        + " logs of executors that do not start%s",
                                spark.master(),
                                room,
                                workers,
                                patience.toSeconds(),
                                isBegun ? "; go on with --resume" : ""));
            }
            if (!isTold && waited > QUIET.toNanos()) {
                isTold = true;
                told.accept(
                        String.format(
                                "waiting up to %d s for the cluster, which has room for %d of %d"
                                        + " workers",
                                patience.toSeconds(), room, workers));
            }
            pause();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(LOOK_EVERY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the cluster had no room", e);
        }
    }
}
