package dev.fern.spark;

import dev.fern.detection.RunCompanion;
import dev.fern.detection.RunStart;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.worker.RingListener;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag$;

/**
 * A training whose workers are the tasks of a barrier stage: Spark starts all of them at once,
 * tells each the addresses of the others, and starts executors anew that have ended. The gradients
 * go from worker to worker, past Spark. The first task leads: it writes the run, so that it and
 * those that may take its place need the run's folder under one name, as all need the images.
 *
 * <p>When a worker is lost, the leading one saves a checkpoint, and a new stage goes on from the
 * last one that there is. The result has the bits of a training in which nothing was lost.
 *
 * @param configuration every setting
 * @param train the training images
 * @param validation the images that models are scored on, if there are any
 * @param run folder of the run
 * @param loading how each worker reads images ahead
 * @param workers how many tasks share every batch, at least 1
 * @param batchDependence whether a network may be trained whose norms mix the images of a batch
 * @param mostRestarts how often the training goes on after it has lost a worker, at least 0
 * @param patience how long to wait for a cluster that has no room for all workers
 * @param companion adds files of another kind to the run, if there are to be any
 */
public record SparkTraining(
        TrainingConfiguration configuration,
        Images train,
        Optional<Images> validation,
        Path run,
        LoaderOptions loading,
        int workers,
        boolean batchDependence,
        int mostRestarts,
        Duration patience,
        Optional<Companion> companion) {

    /**
     * Checks the numbers.
     *
     * @param configuration every setting
     * @param train the training images
     * @param validation the images that models are scored on, if there are any
     * @param run folder of the run
     * @param loading how each worker reads images ahead
     * @param workers at least 1
     * @param batchDependence whether batch norm is allowed
     * @param mostRestarts at least 0
     * @param patience not negative
     * @param companion adds files of another kind
     * @throws IllegalArgumentException if one is out of its range
     */
    public SparkTraining {
        if (workers < 1 || mostRestarts < 0 || patience.isNegative()) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d workers, %d restarts and a wait of %s: wanted at least 1 worker,"
                                    + " and nothing below 0",
                            workers, mostRestarts, patience));
        }
    }

    /**
     * Labelled images, which executors open.
     *
     * @param annotations COCO instances file
     * @param folder of the images
     * @param limit how many images to take, from the first on; 0 for all
     * @param reader reads the images
     */
    public record Images(Path annotations, Path folder, int limit, ImageReader reader) {}

    /** Adds files to a run on the executor that leads the training, to which it is sent. */
    @FunctionalInterface
    public interface Companion extends Serializable {
        /**
         * Makes what writes the files.
         *
         * @param configuration every setting
         * @param train the training images
         * @param validation the images that models are scored on, if there are any
         * @return makes the companion of the run
         */
        RunCompanion.Factory of(
                TrainingConfiguration configuration,
                LabelledImages train,
                Optional<LabelledImages> validation);
    }

    /** How a training has ended. */
    public enum End {
        /** It is through. */
        FINISHED,
        /** It was asked to stop, and can go on from its checkpoint. */
        STOPPED
    }

    /**
     * Trains until the end.
     *
     * @param spark is to have room for all workers at the same time
     * @param start from the beginning or from the last checkpoint
     * @param told receives a line when a worker was lost, or when the cluster has no room
     * @return how the training has ended
     * @throws IOException if the training can't begin or go on, as {@link
     *     dev.fern.detection.Training#run} says, if the cluster has no room or ends the
     *     application, or if the training has lost workers too often; what was trained until then
     *     is in a checkpoint
     */
    public End run(SparkSession spark, RunStart start, Consumer<String> told) throws IOException {
        byte[] secret = RingListener.newSecret();
        ClusterRoom room = new ClusterRoom(spark.sparkContext());
        for (int restart = 0; ; restart++) {
            room.await(workers, patience, restart > 0, told);
            WorkerTask task = new WorkerTask(new TrainingPlan(this, start, restart), secret);
            try {
                return SparkFailure.during(() -> outcome(spark, task)).end();
            } catch (TrainingPlan.RefusedException e) {
                throw new IOException(e.getMessage(), e);
            } catch (IOException | IllegalStateException e) {
                if (restart == mostRestarts) {
                    throw new IOException(
                            "the training has lost a worker for the "
                                    + (restart + 1)
                                    + ". time, and ends; go on with --resume: "
                                    + firstLine(e),
                            e);
                }
                told.accept(
                        "a worker was lost; the training goes on from its last checkpoint ("
                                + firstLine(e)
                                + ")");
            }
        }
    }

    private static String firstLine(Exception failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }

    private Outcome outcome(SparkSession spark, WorkerTask task) {
        List<Integer> ranks = new ArrayList<>(IntStream.range(0, workers).boxed().toList());
        List<Outcome> outcomes =
                JavaSparkContext.fromSparkContext(spark.sparkContext())
                        .parallelize(ranks, workers)
                        .rdd()
                        .barrier()
                        .mapPartitions(task, false, ClassTag$.MODULE$.<Outcome>apply(Outcome.class))
                        .toJavaRDD()
                        .collect();
        return outcomes.get(0);
    }

    /**
     * What the leading worker tells the driver.
     *
     * @param finished whether the training is through
     * @param problem why the training can't go on, with whatever workers; empty if it could
     */
    record Outcome(boolean finished, String problem) implements Serializable {

        private static final long serialVersionUID = 1L;

        End end() throws IOException {
            if (!problem.isEmpty()) {
                throw new TrainingPlan.RefusedException(problem);
            }
            return finished ? End.FINISHED : End.STOPPED;
        }
    }
}
