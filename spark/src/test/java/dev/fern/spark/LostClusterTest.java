package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.RunStart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A training whose cluster falls apart; nothing is left of the shared one. */
@Order(3)
@ExtendWith(StandaloneCluster.Shared.class)
class LostClusterTest {

    private final List<String> told = new CopyOnWriteArrayList<>();

    private CompletableFuture<SparkTraining.End> train(SparkSession spark, SparkTraining training) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return training.run(spark, RunStart.FRESH, told::add);
                    } catch (IOException e) {
                        throw new IllegalStateException(e.getMessage(), e);
                    }
                });
    }

    @Test
    void aTrainingWaitsForWorkersAndOutlivesTheMasterButNotItsExecutors(
            StandaloneCluster cluster, @TempDir Path folder) throws Exception {
        SmallTraining small = new SmallTraining(folder);
        SparkSession spark = cluster.session(2);
        CompletableFuture<SparkTraining.End> first =
                train(spark, small.of("first", 2, "frn", false));
        await(small, "first", first);
        cluster.killWorkersButOne();
        while (told.stream().noneMatch(line -> line.contains("waiting")) && !first.isDone()) {
            Thread.sleep(10);
        }
        // The training may begin again, and fail, before Spark knows that the worker is lost.
        List<String> lines = List.copyOf(told);
        assertThat(lines).hasSizeGreaterThan(1);
        assertThat(lines.subList(0, lines.size() - 1))
                .allMatch(line -> line.contains("a worker was lost"));
        assertThat(lines.get(lines.size() - 1))
                .contains("waiting up to 60 s", "room for 1 of 2 workers");
        cluster.addWorker();
        assertThat(first.get(3, TimeUnit.MINUTES)).isEqualTo(SparkTraining.End.FINISHED);
        assertThat(told).isEqualTo(lines);

        CompletableFuture<SparkTraining.End> second =
                train(spark, small.of("second", 2, "frn", false));
        await(small, "second", second);
        cluster.killMaster();
        assertThat(second.get(3, TimeUnit.MINUTES)).isEqualTo(SparkTraining.End.FINISHED);
        small.assertSameBits("second", "first");

        CompletableFuture<SparkTraining.End> third =
                train(spark, SmallTraining.waiting(small.of("third", 2, "frn", false), 6));
        await(small, "third", third);
        cluster.executors().get(0).destroyForcibly();
        assertThatThrownBy(() -> third.get(3, TimeUnit.MINUTES))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("has had room for 1 of 2 workers for 6 s")
                .hasMessageContaining("--resume");
        assertThat(small.step("third")).isPositive();
    }

    private static void await(SmallTraining small, String run, CompletableFuture<?> training)
            throws InterruptedException {
        while (small.step(run) < 3 && !training.isDone()) {
            Thread.sleep(1);
        }
        assertThat(training).isNotDone();
    }
}
