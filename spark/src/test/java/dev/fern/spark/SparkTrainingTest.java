package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.RunStart;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers on Spark train what one process does. {@code -Dfern.kills=10} sets how many executors are
 * killed, {@code -Dfern.spark.workers=4} how many workers there are.
 */
@ExtendWith(StandaloneCluster.Shared.class)
class SparkTrainingTest {

    private static final int KILLS = Integer.getInteger("fern.kills", 2);
    private static final int STEPS = 20;

    @TempDir Path folder;

    private Path annotations;
    private Path images;

    @BeforeEach
    void writeImages() throws IOException {
        images = folder.resolve("images");
        List<CocoImage> listed = new ArrayList<>();
        List<CocoAnnotation> boxes = new ArrayList<>();
        List<Path> paths = SparkFixture.writeImages(images, 8);
        for (int i = 0; i < paths.size(); i++) {
            if (!SparkFixture.isDamaged(i)) {
                BufferedImage image = ImageIO.read(paths.get(i).toFile());
                String name = paths.get(i).getFileName().toString();
                listed.add(new CocoImage(i, name, image.getWidth(), image.getHeight()));
                boxes.add(
                        new CocoAnnotation(
                                i + 1L, i, 7 + 2 * (i % 2), new Box(4, 5, 20, 25), 500, false));
            }
        }
        annotations = folder.resolve("instances.json");
        CocoDataset.of(listed, SparkFixture.CATEGORIES, boxes).write(annotations);
    }

    private SparkTraining training(String run, int workers, String norm) {
        return training(run, workers, norm, false);
    }

    private SparkTraining training(
            String run, int workers, String norm, boolean batchDependence) {
        JsonObject settings =
                JsonParser.parseString(
                                """
                                {"backbone": "resnet18", "width": 0.1, "minSize": 64,
                                 "maxSize": 64, "pyramidChannels": 8, "headConvolutions": 0,
                                 "batchSize": 4, "warmupSteps": 4, "learningRate": 0.01,
                                 "checkpointSteps": 1, "devices": "cpu"}
                                """)
                        .getAsJsonObject();
        settings.addProperty("steps", STEPS);
        settings.addProperty("norm", norm);
        return new SparkTraining(
                TrainingConfiguration.of(List.of(settings)),
                new SparkTraining.Images(annotations, images, 0),
                Optional.empty(),
                folder.resolve(run),
                new LoaderOptions(1, 2, false),
                workers,
                batchDependence,
                KILLS + 4);
    }

    private void train(SparkSession spark, String run, int workers) throws IOException {
        assertThat(
                        training(run, workers, "frn")
                                .run(spark, RunStart.FRESH, line -> System.out.println(line)))
                .isEqualTo(SparkTraining.End.FINISHED);
    }

    private Path parameters(String run) {
        return folder.resolve(run).resolve("last/parameters.safetensors");
    }

    private double distance(String one, String other) throws IOException {
        Map<String, Tensor> first = SafeTensors.read(parameters(one));
        double difference = 0;
        double norm = 0;
        for (Map.Entry<String, Tensor> entry : SafeTensors.read(parameters(other)).entrySet()) {
            float[] a = first.get(entry.getKey()).data();
            float[] b = entry.getValue().data();
            for (int i = 0; i < b.length; i++) {
                difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
                norm += b[i] * (double) b[i];
            }
        }
        return Math.sqrt(difference / norm);
    }

    private void assertSameBits(String one, String other) {
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            assertThat(folder.resolve(one).resolve("last").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve(other).resolve("last").resolve(file));
        }
    }

    @Test
    void anyNumberOfWorkersTrainsWhatOneDoes(StandaloneCluster cluster) throws Exception {
        try (SparkSession spark = cluster.session(cluster.workers())) {
            train(spark, "one", 1);
            for (int workers = 2; workers <= cluster.workers(); workers *= 2) {
                train(spark, "of" + workers, workers);
                double distance = distance("of" + workers, "one");
                System.out.printf("frn, %d workers: %.2g from one%n", workers, distance);
                assertThat(distance).isLessThan(1e-5);
                train(spark, "again" + workers, workers);
                assertSameBits("again" + workers, "of" + workers);
            }
            assertThatThrownBy(() -> training("bn", 2, "bn").run(spark, RunStart.FRESH, line -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("norm 'bn' mixes the images of a batch");
            Files.write(images.resolve("image-00003.png"), new byte[] {1, 2, 3});
            assertThatThrownBy(
                            () -> training("bad", 2, "frn").run(spark, RunStart.FRESH, line -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("image-00003.png");
        }
    }

    @Test
    void batchNormTrainsSomethingElseWithEveryNumberOfWorkers(StandaloneCluster cluster)
            throws Exception {
        try (SparkSession spark = cluster.session(cluster.workers())) {
            for (int workers = 1; workers <= cluster.workers(); workers *= 2) {
                training("bn" + workers, workers, "bn", true)
                        .run(spark, RunStart.FRESH, line -> {});
            }
            for (int workers = 2; workers <= cluster.workers(); workers *= 2) {
                double distance = distance("bn" + workers, "bn1");
                System.out.printf("bn, %d workers: %.2g from one%n", workers, distance);
                assertThat(distance).isGreaterThan(1e-3);
            }
        }
    }

    @Test
    void executorsThatAreKilledLeaveNoTraceInTheBits(StandaloneCluster cluster) throws Exception {
        try (SparkSession spark = cluster.session(2)) {
            train(spark, "undisturbed", 2);
            SplittableRandom random = new SplittableRandom(Long.getLong("fern.kills.seed", 1));
            int killed = 0;
            for (int round = 0; killed < KILLS && round < 4 * KILLS; round++) {
                String run = "killed" + round;
                CompletableFuture<Void> training =
                        CompletableFuture.runAsync(
                                () -> {
                                    try {
                                        train(spark, run, 2);
                                    } catch (IOException e) {
                                        throw new IllegalStateException(e);
                                    }
                                });
                killed += kill(cluster, run, random, training) ? 1 : 0;
                training.get(5, TimeUnit.MINUTES);
                assertSameBits(run, "undisturbed");
            }
            System.out.printf("%d executors were killed while they trained%n", killed);
            assertThat(killed).isEqualTo(KILLS);
        }
    }

    /** Kills an executor after some step; returns whether the training had not ended before. */
    private boolean kill(
            StandaloneCluster cluster,
            String run,
            SplittableRandom random,
            CompletableFuture<Void> training)
            throws InterruptedException {
        Path progress = folder.resolve(run).resolve("last/progress.json");
        while (!Files.exists(progress) && !training.isDone()) {
            Thread.sleep(5);
        }
        Thread.sleep(random.nextInt(500));
        List<ProcessHandle> executors = cluster.executors();
        if (training.isDone() || executors.isEmpty()) {
            return false;
        }
        ProcessHandle chosen = executors.get(random.nextInt(executors.size()));
        System.out.printf("%s: killing process %d after %s%n", run, chosen.pid(), step(progress));
        return chosen.destroyForcibly();
    }

    private static String step(Path progress) {
        try {
            return Files.readString(progress).replaceAll("\\s+", " ");
        } catch (IOException e) {
            return "a step whose checkpoint is being replaced";
        }
    }
}
