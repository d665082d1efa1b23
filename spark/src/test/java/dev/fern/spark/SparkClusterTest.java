package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Detection and evaluation on a cluster of two executors, each a process; {@code
 * -Dfern.spark.images=2000} takes more images, and {@code -Dfern.spark.photographs=all} all
 * photographs.
 */
@Order(1)
@ExtendWith(StandaloneCluster.Shared.class)
class SparkClusterTest {

    private static final int IMAGES = Integer.getInteger("fern.spark.images", 200);
    private static final int PARTITIONS = 25;

    @TempDir static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start(StandaloneCluster cluster) {
        spark = cluster.session(2);
    }

    @Test
    void numbersAreThoseOfOneMachine() throws IOException, InterruptedException {
        Photographs.of("coco-mini", "val", folder).requireSameNumbers(spark, 6, 2);
        if (System.getProperty("fern.spark.photographs", "few").equals("all")) {
            Photographs.of("coco-mini", "train", folder).requireSameNumbers(spark, 7, 1);
            Photographs.of("bccd", "val", folder).requireSameNumbers(spark, 6, 1);
            Photographs.of("bccd", "train", folder).requireSameNumbers(spark, 0, 3);
        }
    }

    @Test
    void anExecutorThatIsKilledLosesAndRepeatsNothing(StandaloneCluster cluster)
            throws IOException, InterruptedException, ExecutionException {
        Path model = SparkFixture.writeModel(folder.resolve("model"), SparkFixture.CATEGORIES, 1);
        Path images = folder.resolve("images");
        List<Path> paths = SparkFixture.writeImages(images, IMAGES);
        Map<String, List<FoundObject>> expected = new HashMap<>();
        Map<String, String> errors = new HashMap<>();
        List<CocoImage> listed = new ArrayList<>();
        try (Detector detector = Detector.load(model)) {
            for (Path path : paths) {
                listed.add(SparkFixture.listed(listed.size(), path));
                try {
                    expected.put(
                            path.toString(),
                            detector.detect(path).stream().map(FoundObject::of).toList());
                } catch (ImageReadException e) {
                    expected.put(path.toString(), null);
                    errors.put(path.toString(), e.getMessage());
                }
            }
        }
        assertThat(errors).hasSize(20);
        CocoDataset coco = CocoDataset.of(listed, SparkFixture.CATEGORIES, List.of());
        Path output = folder.resolve("found");
        SparkDetection detection = SparkDetection.builder(spark, model.toString()).load();
        Map<String, List<FoundObject>> gathered = new HashMap<>();
        try (DetectionJob job =
                new DetectionJob(
                        detection,
                        ImageTable.annotated(
                                coco,
                                images.toString(),
                                new HadoopFiles(spark.sparkContext().hadoopConfiguration())),
                        DetectionJob.Ids.of(coco),
                        PARTITIONS)) {
            ExecutorService background = Executors.newSingleThreadExecutor();
            Callable<Void> work =
                    () -> {
                        job.writeParquet(output.toString(), done -> {});
                        return null;
                    };
            Future<Void> written = background.submit(work);
            background.shutdown();
            ProcessHandle killed = cluster.executors().get(0);
            while (committed(output) < 2 && !written.isDone()) {
                Thread.sleep(5);
            }
            assertThat(killed.destroyForcibly()).isTrue();
            long atTheKill = committed(output);
            assertThat(written.isDone()).as("the job was over before the kill").isFalse();
            written.get();
            assertThat(killed.isAlive()).isFalse();
            assertThat(atTheKill).isLessThan(PARTITIONS);
            System.out.printf(
                    "an executor was killed when %d of %d parts were written%n",
                    atTheKill, PARTITIONS);
            job.forEach(
                    (image, objects, error) -> {
                        assertThat(gathered).doesNotContainKey(image.path());
                        gathered.put(
                                image.path(),
                                error.isPresent()
                                        ? null
                                        : objects.stream().map(FoundObject::of).toList());
                    });
        }
        assertThat(gathered).isEqualTo(expected);
        List<Row> rows = spark.read().parquet(output.toString()).collectAsList();
        assertThat(rows.stream().map(row -> row.<String>getAs("path")))
                .containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (Row row : rows) {
            String path = row.getAs("path");
            assertThat(FoundObject.of(row)).isEqualTo(expected.get(path));
            assertThat(row.<String>getAs("error")).isEqualTo(errors.get(path));
        }
        assertThat(output.resolve("_SUCCESS")).exists();
    }

    /** Returns how many parts of the output are committed. */
    private static long committed(Path output) throws IOException {
        Path attempt = output.resolve("_temporary/0");
        if (!Files.isDirectory(attempt)) {
            return 0;
        }
        try (Stream<Path> parts = Files.list(attempt)) {
            return parts.filter(path -> path.getFileName().toString().startsWith("task_")).count();
        }
    }
}
