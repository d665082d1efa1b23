package dev.fern.spark;

import dev.fern.backbone.host.EngineThreads;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.RunStart;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/**
 * The driver of a Spark application, in this process: how programs that are compiled without Spark,
 * as the command line is, use this package.
 */
public final class SparkDriver implements AutoCloseable {

    /** What the launcher of the command line sets for this process, and executors need too. */
    private static final List<String> ENVIRONMENT =
            List.of(
                    "MXNET_ENGINE_TYPE",
                    "MXNET_MKLDNN_CACHE_NUM",
                    "GOMP_SPINCOUNT",
                    "MALLOC_ARENA_MAX",
                    "MALLOC_MMAP_THRESHOLD_",
                    "MALLOC_TRIM_THRESHOLD_",
                    "MALLOC_TOP_PAD_",
                    "OPENCV_LOG_LEVEL");

    private static final String LOOPBACK = "127.0.0.1";
    private static final String EXECUTOR_ENVIRONMENT = "spark.executorEnv.";

    private final SparkSession spark;

    private SparkDriver(SparkSession spark) {
        this.spark = spark;
    }

    /**
     * Starts Spark, or joins the application that {@code spark-submit} has prepared. Unless the
     * settings say otherwise, executors compute with as many threads as this machine would, so that
     * they come to the same bits.
     *
     * @param name of the application, for Spark's own pages
     * @param master Spark's name of the cluster, such as {@code local[*]} or {@code
     *     spark://host:7077}; empty for that of {@code spark-submit}, else {@code local[*]}
     * @param settings Spark's, such as {@code spark.executor.memory}
     * @return the driver, which the caller closes
     * @throws IOException if there is no such cluster, or none answers
     */
    public static SparkDriver start(
            String name, Optional<String> master, Map<String, String> settings) throws IOException {
        String cluster = master.orElseGet(() -> System.getProperty("spark.master", "local[*]"));
        SparkSession.Builder builder =
                SparkSession.builder()
                        .appName(name)
                        .master(cluster)
                        .config("spark.ui.enabled", "false")
                        // Until a lost executor is back, there is no room for a barrier stage.
                        .config("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                        .config(
                                "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures",
                                "600")
                        .config("spark.ui.showConsoleProgress", "false");
        if (cluster.matches("local(\\[.*)?")) { // nobody else is to reach this process
            builder.config("spark.driver.host", LOOPBACK);
            builder.config("spark.driver.bindAddress", LOOPBACK);
        }
        for (String variable : ENVIRONMENT) {
            if (System.getenv(variable) != null) {
                builder.config(EXECUTOR_ENVIRONMENT + variable, System.getenv(variable));
            }
        }
        // The last bits of a network's outputs depend on the number of its threads, for which
        // Spark's own default is one.
        builder.config(
                EXECUTOR_ENVIRONMENT + "OMP_NUM_THREADS", Integer.toString(EngineThreads.cores()));
        settings.forEach(builder::config);
        try {
            return new SparkDriver(StandaloneMaster.session(cluster, builder));
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // Scala's exceptions are not declared
            throw new IOException(
                    "Spark can't start with the master " + cluster + ": " + e.getMessage(), e);
        }
    }

    /** {@return Spark's version, such as 4.1.3} */
    public String version() {
        return spark.version();
    }

    /**
     * {@return settings with which to load a model, see {@link SparkDetection#builder}}
     *
     * @param model name of the model directory
     */
    public SparkDetectionBuilder detection(String model) {
        return SparkDetection.builder(spark, model);
    }

    /**
     * Prepares to detect in image files.
     *
     * @param detection the detector
     * @param images a file, a folder, or a pattern, on this machine or in any of Hadoop's file
     *     systems
     * @param partitions how many parts the images are divided in, at least 1; 0 to leave it to Fern
     * @return the job, which the caller closes
     * @throws IOException if there are no such images
     */
    public DetectionJob files(SparkDetection detection, String images, int partitions)
            throws IOException {
        return new DetectionJob(
                detection, ImageTable.listed(images, files()), DetectionJob.Ids.NONE, partitions);
    }

    /**
     * Prepares to detect in the images of annotations.
     *
     * @param detection the detector
     * @param coco the annotations
     * @param folder of the images, on this machine or in any of Hadoop's file systems
     * @param partitions how many parts the images are divided in, at least 1; 0 to leave it to Fern
     * @return the job, which the caller closes
     * @throws IOException naming the folder if it is missing, or an image that can't be in it
     */
    public DetectionJob annotated(
            SparkDetection detection, CocoDataset coco, String folder, int partitions)
            throws IOException {
        return new DetectionJob(
                detection,
                ImageTable.annotated(coco, folder, files()),
                DetectionJob.Ids.of(coco),
                partitions);
    }

    /**
     * Trains a detector.
     *
     * @param training what is trained, and on what
     * @param start from the beginning or from the last checkpoint
     * @param told receives a line when a worker was lost
     * @return how the training has ended
     * @throws IOException as {@link SparkTraining#run} throws it
     */
    public SparkTraining.End train(SparkTraining training, RunStart start, Consumer<String> told)
            throws IOException {
        return training.run(spark, start, told);
    }

    private HadoopFiles files() {
        return new HadoopFiles(spark.sparkContext().hadoopConfiguration());
    }

    SparkSession session() {
        return spark;
    }

    /** Ends the application. */
    @Override
    public void close() {
        spark.stop();
    }
}
