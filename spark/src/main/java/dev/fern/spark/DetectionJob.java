package dev.fern.spark;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.DoubleStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * A detection in the images of a table. Its executors keep what they find on their disks until the
 * job is closed; what is lost with an executor is found again when it is asked for.
 */
public final class DetectionJob implements AutoCloseable {

    /** A partition is the unit that is done again when an executor is lost. */
    private static final int MOST_IMAGES_PER_PARTITION = 256;

    private static final int PARTITIONS_PER_CORE = 3;
    private static final String PLACE = "place";
    private static final String ID = "id";
    private static final long LOOK_EVERY_MILLIS = 500;

    private final SparkDetection detection;
    private final ImageTable images;
    private final Dataset<Row> found;

    /** Receives what was found in one image after the other, in the order of the table. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Receives an image.
         *
         * @param image the image
         * @param detections by falling score; empty if there is an error
         * @param error why the image could not be used
         * @throws IOException if it can't be kept
         */
        void accept(ImageTable.Image image, List<Detection> detections, Optional<String> error)
                throws IOException;
    }

    /**
     * Makes a job, which begins its work when it is asked for results.
     *
     * @param partitions how many parts the images are divided in, at least 1; 0 to leave it to Fern
     */
    DetectionJob(SparkDetection detection, ImageTable images, Ids ids, int partitions) {
        this.detection = detection;
        this.images = images;
        JavaSparkContext spark =
                JavaSparkContext.fromSparkContext(detection.spark().sparkContext());
        int count = images.images().size();
        int parts = partitions > 0 ? partitions : partitions(count, spark.defaultParallelism());
        List<Row> rows = new ArrayList<>(count);
        for (ImageTable.Image image : images.images()) {
            double[] boxes =
                    image.boxes().stream().flatMapToDouble(DetectionJob::numbers).toArray();
            rows.add(
                    RowFactory.create(
                            (long) rows.size(),
                            ids.of(image),
                            image.path(),
                            image.width(),
                            image.height(),
                            boxes));
        }
        StructType schema =
                new StructType()
                        .add(PLACE, DataTypes.LongType, false)
                        .add(ID, ids.areNumbers() ? DataTypes.LongType : DataTypes.StringType)
                        .add(ImageColumns.PATH, DataTypes.StringType)
                        .add(ImageColumns.WIDTH, DataTypes.IntegerType)
                        .add(ImageColumns.HEIGHT, DataTypes.IntegerType)
                        .add(ImageColumns.BOXES, ImageColumns.BOX_NUMBERS);
        found =
                detection
                        .detect(
                                detection
                                        .spark()
                                        .createDataFrame(
                                                spark.parallelize(
                                                        rows, Math.max(1, Math.min(parts, count))),
                                                schema))
                        .drop(ImageColumns.WIDTH, ImageColumns.HEIGHT)
                        .persist(StorageLevel.DISK_ONLY());
    }

    /**
     * How the images' ids are written to tables.
     *
     * @param texts the images' ids as the annotations have them, by those in the table; empty if
     *     they are the same
     */
    record Ids(Map<Long, String> texts) {

        /** The ids are the numbers in the table of images. */
        static final Ids NONE = new Ids(Map.of());

        /** Returns the ids of annotations: their numbers if all are integers, else their texts. */
        static Ids of(CocoDataset coco) {
            Map<Long, String> texts = new HashMap<>();
            for (CocoImage image : coco.images()) {
                texts.put(image.id(), coco.idText(image.id()));
            }
            boolean numbers =
                    texts.entrySet().stream()
                            .allMatch(e -> e.getKey().toString().equals(e.getValue()));
            return numbers ? NONE : new Ids(texts);
        }

        boolean areNumbers() {
            return texts.isEmpty();
        }

        Object of(ImageTable.Image image) {
            return areNumbers() ? (Object) image.id() : texts.get(image.id());
        }
    }

    private static DoubleStream numbers(Box box) {
        return DoubleStream.of(box.x(), box.y(), box.width(), box.height());
    }

    private static int partitions(int images, int cores) {
        int many = (images + MOST_IMAGES_PER_PARTITION - 1) / MOST_IMAGES_PER_PARTITION;
        return Math.max(PARTITIONS_PER_CORE * cores, many);
    }

    /** {@return the images of the job} */
    public ImageTable images() {
        return images;
    }

    /**
     * Detects in all images, and keeps the results for {@link #forEach}.
     *
     * @param progress is told now and then how many images are done
     * @throws IOException if it fails through the images' file systems
     */
    public void run(IntConsumer progress) throws IOException {
        watched(progress, () -> found.write().format("noop").mode("overwrite").save());
    }

    /**
     * Detects in all images and writes a folder of Parquet files with the columns {@code id},
     * {@code path}, {@code detections} and {@code error}, see {@link SparkDetection#detect}. Spark
     * commits each part once, whatever executors are lost, and writes {@code _SUCCESS} at the end.
     *
     * @param folder a path or URI of any of Hadoop's file systems, where nothing is yet
     * @param progress is told now and then how many images are done
     * @throws IOException if there is something at the folder's place, or if the work fails through
     *     a file system
     */
    public void writeParquet(String folder, IntConsumer progress) throws IOException {
        HadoopFiles files = new HadoopFiles(detection.spark().sparkContext().hadoopConfiguration());
        Path target = files.path(folder);
        if (files.system(target).exists(target)) {
            throw new IOException(
                    folder
                            + ": is there already (without _SUCCESS in it, by a run that was broken"
                            + " off); remove it, or choose another folder");
        }
        watched(progress, () -> found.drop(PLACE).write().parquet(target.toString()));
    }

    /** Does work of Spark while a thread tells of the progress. */
    private void watched(IntConsumer progress, Runnable work) throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        long before = detection.done();
        Thread watch =
                new Thread(
                        () -> {
                            try {
                                while (!end.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                                    long done = detection.done() - before;
                                    progress.accept((int) Math.min(done, images.images().size()));
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "progress");
        watch.setDaemon(true);
        watch.start();
        try {
            SparkFailure.during(work);
            progress.accept(images.images().size());
        } finally {
            end.countDown();
        }
    }

    /**
     * Hands over the results, part by part, so that the driver holds one part at a time.
     *
     * @param sink receives every image once
     * @throws IOException if the sink fails, or if the work does through a file system
     */
    public void forEach(Sink sink) throws IOException {
        Map<Long, Integer> positions = new HashMap<>();
        List<CocoCategory> categories = detection.configuration().categories();
        for (int i = 0; i < categories.size(); i++) {
            positions.put(categories.get(i).id(), i);
        }
        Iterator<Row> rows = SparkFailure.during(found::toLocalIterator);
        while (SparkFailure.during(rows::hasNext)) {
            Row row = rows.next();
            ImageTable.Image image = images.images().get((int) row.<Long>getAs(PLACE).longValue());
            Optional<String> error = Optional.ofNullable(row.getAs(ImageColumns.ERROR));
            List<Detection> detections = new ArrayList<>();
            if (error.isEmpty()) {
                for (Row struct : row.<Row>getList(row.fieldIndex(ImageColumns.DETECTIONS))) {
                    detections.add(detection(struct, positions));
                }
            }
            sink.accept(image, detections, error);
        }
    }

    private static Detection detection(Row struct, Map<Long, Integer> positions) {
        double x = struct.getDouble(2);
        double y = struct.getDouble(3);
        return new Detection(
                (float) x,
                (float) y,
                (float) (x + struct.getDouble(4)),
                (float) (y + struct.getDouble(5)),
                positions.get(struct.getLong(0)),
                struct.getLong(0),
                struct.getString(1),
                struct.getFloat(6));
    }

    /** Lets the executors forget what they found. */
    @Override
    public void close() {
        found.unpersist();
    }
}
