package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.RunStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers on Spark train what one process does. {@code -Dfern.kills=10} sets how many executors are
 * killed, {@code -Dfern.spark.workers=4} how many workers there are.
 */
@Order(2)
@ExtendWith(StandaloneCluster.Shared.class)
class SparkTrainingTest {

    private static final int KILLS = Integer.getInteger("fern.kills", 1);

    @TempDir Path folder;

    private SmallTraining small;

    @BeforeEach
    void writeImages() {
        small = new SmallTraining(folder);
    }

    private void train(SparkSession spark, String run, int workers, String norm)
            throws IOException {
        assertThat(
                        small.of(run, workers, norm, true)
                                .run(spark, RunStart.FRESH, System.out::println))
                .isEqualTo(SparkTraining.End.FINISHED);
    }

    @Test
    void anyNumberOfWorkersTrainsWhatOneDoes(StandaloneCluster cluster) throws Exception {
        SparkSession spark = cluster.session(cluster.workers());
        train(spark, "frn1", 1, "frn");
        train(spark, "bn1", 1, "bn");
        for (int workers = 2; workers <= cluster.workers(); workers *= 2) {
            train(spark, "frn" + workers, workers, "frn");
            double distance = small.distance("frn" + workers, "frn1");
            train(spark, "again" + workers, workers, "frn");
            small.assertSameBits("again" + workers, "frn" + workers);
            train(spark, "bn" + workers, workers, "bn");
            double ofBatchNorm = small.distance("bn" + workers, "bn1");
            System.out.printf(
                    "%d workers and one: frn %.2g, bn %.2g%n", workers, distance, ofBatchNorm);
            assertThat(distance).isLessThan(1e-5);
            assertThat(ofBatchNorm).isGreaterThan(1e-3);
        }
        assertThat(small.diary("frn2")).containsExactly("begun with 7 images", "finished");
        assertThatThrownBy(() -> refused(spark, "refused", "bn"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("norm 'bn' mixes the images of a batch");
        Files.write(folder.resolve("images/image-00003.png"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> refused(spark, "bad", "frn"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("image-00003.png");
    }

    private void refused(SparkSession spark, String run, String norm) throws IOException {
        small.of(run, 2, norm, false)
                .run(spark, RunStart.FRESH, line -> assertThat(line).as("tried again").isNull());
    }

    @Test
    void executorsThatAreKilledLeaveNoTraceInTheBits(StandaloneCluster cluster) throws Exception {
        SparkSession spark = cluster.session(2);
        train(spark, "undisturbed", 2, "frn");
        SplittableRandom random = new SplittableRandom(Long.getLong("fern.kills.seed", 1));
        int killed = 0;
        for (int round = 0; killed < KILLS && round < 4 * KILLS; round++) {
            String run = "killed" + round;
            CompletableFuture<Void> training =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    train(spark, run, 2, "frn");
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            killed += kill(cluster, run, random, training) ? 1 : 0;
            training.get(5, TimeUnit.MINUTES);
            small.assertSameBits(run, "undisturbed");
        }
        System.out.printf("%d executors were killed while they trained%n", killed);
        assertThat(killed).isEqualTo(KILLS);
    }

    /** Kills an executor after a random step; returns whether the training had not ended before. */
    private boolean kill(
            StandaloneCluster cluster,
            String run,
            SplittableRandom random,
            CompletableFuture<Void> training)
            throws InterruptedException {
        int wanted = random.nextInt(1, SmallTraining.STEPS);
        while (small.step(run) < wanted && !training.isDone()) {
            Thread.sleep(1);
        }
        Thread.sleep(random.nextInt(50));
        List<ProcessHandle> executors = cluster.executors();
        if (training.isDone() || executors.isEmpty()) {
            return false;
        }
        System.out.printf("%s: killing an executor after step %d%n", run, small.step(run));
        return executors.get(random.nextInt(executors.size())).destroyForcibly();
    }
}
