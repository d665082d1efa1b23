package dev.fern.spark;

import dev.fern.detection.model.DetectorConfiguration;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Finds objects in the images of a DataFrame, on the machines of a cluster.
 *
 * <pre>{@code
 * SparkDetection detection = SparkDetection.builder(spark, "runs/a/best").load();
 * Dataset<Row> found = detection.detect(spark.read().format("binaryFile").load("photographs/*.jpg"));
 * found.write().parquet("found");
 * }</pre>
 *
 * <p>What is found in an image is what {@link dev.fern.detection.model.Detector} finds in it on one
 * machine with such a processor and as many threads, to the last bit, however the rows are spread.
 * The threads are {@code OMP_NUM_THREADS}, at most the processors: set {@code
 * spark.executorEnv.OMP_NUM_THREADS}, for which Spark's default is 1. An executor loads the model
 * once, whatever the number of its tasks.
 */
public final class SparkDetection {

    private final SparkSession spark;
    private final DetectorConfiguration configuration;
    private final DetectorSettings settings;
    private final Broadcast<ModelFiles> model;
    private final RowDetection.Rules rules;
    private final Broadcast<SerializableConfiguration> hadoop;
    private final LongAccumulator done;

    SparkDetection(
            SparkSession spark,
            DetectorConfiguration configuration,
            DetectorSettings settings,
            Broadcast<ModelFiles> model,
            RowDetection.Rules rules) {
        this.spark = spark;
        this.configuration = configuration;
        this.settings = settings;
        this.model = model;
        this.rules = rules;
        SparkContext context = spark.sparkContext();
        Configuration files = context.hadoopConfiguration();
        hadoop =
                JavaSparkContext.fromSparkContext(context)
                        .broadcast(new SerializableConfiguration(files));
        done = context.longAccumulator("images");
    }

    /**
     * {@return settings with which to load a model}
     *
     * @param spark runs the detection
     * @param model name of the model directory: a path on the driver's machine, or a URI of any of
     *     Hadoop's file systems. The driver reads it, and Spark hands it out
     */
    public static SparkDetectionBuilder builder(SparkSession spark, String model) {
        return new SparkDetectionBuilder(spark, model);
    }

    /**
     * {@return the model's categories and what else its file says, with what the settings change}
     */
    public DetectorConfiguration configuration() {
        return configuration;
    }

    /**
     * Finds the objects of images. An image that is missing, damaged, too large or no image has an
     * error in place of detections; what is no fault of an image, such as a lost connection, fails
     * the task, which Spark tries again.
     *
     * @param images has a column {@code path} of strings, each a path or a URI of any of Hadoop's
     *     file systems, which every executor can read, or a column {@code content} of the bytes of
     *     image files, or both; Spark's source {@code binaryFile} has both. Integers {@code width}
     *     and {@code height}, where they are there, are the size that annotations give: they decide
     *     whether a picture is turned upright, and an image of another size has an error. Other
     *     columns, such as an id, are kept
     * @return the columns of the images but for {@code content}, then {@code detections}: an array
     *     by falling score of structs with {@code category_id}, {@code category}, {@code x}, {@code
     *     y}, {@code width} and {@code height} in pixels of the image, and {@code score}; and
     *     {@code error}: a line that names the image. Of the two one is null
     * @throws IllegalArgumentException naming a column that is missing or of another type
     */
    public Dataset<Row> detect(Dataset<Row> images) {
        StructType schema = images.schema();
        ImageColumns columns = ImageColumns.of(schema);
        return images.mapPartitions(
                new RowDetection(settings, model, rules, columns, hadoop, done),
                Encoders.row(columns.result(schema)));
    }

    /**
     * {@return the number of images that are done, of all calls; it lags behind by some seconds,
     * and counts again what a lost executor had done}
     */
    public long done() {
        return done.value();
    }

    SparkSession spark() {
        return spark;
    }
}
