package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Detection and evaluation on a cluster of two executors, each a process. */
@ExtendWith(StandaloneCluster.Shared.class)
class SparkClusterTest {

    private static final int IMAGES = 200;
    private static final int PARTITIONS = 25;

    @TempDir static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start(StandaloneCluster cluster) {
        spark = cluster.session(2);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @Test
    void numbersAreThoseOfOneMachine() throws IOException, InterruptedException {
        Photographs.of("coco-mini", "val", folder).requireSameNumbers(spark, 6, 2);
        Photographs.of("bccd", "val", folder).requireSameNumbers(spark, 6, 1);
    }

    @Test
    void anExecutorThatIsKilledLosesAndRepeatsNothing(StandaloneCluster cluster)
            throws IOException, InterruptedException, ExecutionException {
        Path model = SparkFixture.writeModel(folder.resolve("model"), SparkFixture.CATEGORIES, 1);
        Path images = folder.resolve("images");
        List<Path> paths = SparkFixture.writeImages(images, IMAGES);
        Map<String, List<FoundObject>> expected = new HashMap<>();
        try (Detector detector = Detector.load(model)) {
            for (int i = 0; i < IMAGES; i++) {
                if (!SparkFixture.isDamaged(i)) {
                    String path = paths.get(i).toString();
                    expected.put(
                            path,
                            detector.detect(paths.get(i)).stream().map(FoundObject::of).toList());
                }
            }
        }
        Path output = folder.resolve("found");
        SparkDetection detection = SparkDetection.builder(spark, model.toString()).load();
        Map<String, List<FoundObject>> gathered = new HashMap<>();
        try (DetectionJob job =
                new DetectionJob(
                        detection,
                        ImageTable.listed(
                                images.toString(),
                                new HadoopFiles(spark.sparkContext().hadoopConfiguration())),
                        DetectionJob.Ids.NONE,
                        PARTITIONS)) {
            ExecutorService background = Executors.newSingleThreadExecutor();
            Callable<Void> work =
                    () -> {
                        job.writeParquet(output.toString(), done -> {});
                        return null;
                    };
            Future<Void> written = background.submit(work);
            background.shutdown();
            while (committed(output) < PARTITIONS / 4 && !written.isDone()) {
                Thread.sleep(5);
            }
            ProcessHandle killed = cluster.executors().get(0);
            assertThat(killed.destroyForcibly()).isTrue();
            long atTheKill = committed(output);
            assertThat(written.isDone()).as("the job was over before the kill").isFalse();
            written.get();
            assertThat(killed.isAlive()).isFalse();
            assertThat(atTheKill).isLessThan(PARTITIONS);
            job.forEach(
                    (image, objects, error) ->
                            assertThat(
                                            gathered.put(
                                                    image.path(),
                                                    error.isPresent()
                                                            ? null
                                                            : objects.stream()
                                                                    .map(FoundObject::of)
                                                                    .toList()))
                                    .isNull());
        }
        List<Row> rows = spark.read().parquet(output.toString()).collectAsList();
        List<String> found = new ArrayList<>();
        int errors = 0;
        for (Row row : rows) {
            String path = row.getAs("path");
            found.add(path);
            assertThat(FoundObject.of(row)).isEqualTo(expected.get(path));
            assertThat(gathered).containsEntry(path, expected.get(path));
            errors += row.isNullAt(row.fieldIndex("error")) ? 0 : 1;
        }
        List<String> there = paths.stream().filter(Files::exists).map(Path::toString).toList();
        assertThat(found).containsExactlyInAnyOrderElementsOf(there);
        assertThat(gathered.keySet()).containsExactlyInAnyOrderElementsOf(there);
        assertThat(errors).isEqualTo(IMAGES / 10 - (IMAGES - there.size()));
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
