package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.RunCompanion;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trainings of a small network on a few images.
 *
 * @param folder of the images and the runs
 */
record SmallTraining(Path folder) {

    static final int STEPS = 20;
    private static final int MOST_RESTARTS = 20;

    SmallTraining {
        try {
            write(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path folder) throws IOException {
        List<CocoImage> listed = new ArrayList<>();
        List<CocoAnnotation> boxes = new ArrayList<>();
        List<Path> paths = SparkFixture.writeImages(folder.resolve("images"), 8);
        for (int i = 0; i < paths.size(); i++) {
            if (!SparkFixture.isDamaged(i, paths.size())) {
                listed.add(SparkFixture.listed(i, paths.get(i)));
                boxes.add(
                        new CocoAnnotation(
                                i + 1L, i, 7 + 2 * (i % 2), new Box(4, 5, 20, 25), 500, false));
            }
        }
        CocoDataset.of(listed, SparkFixture.CATEGORIES, boxes)
                .write(folder.resolve("instances.json"));
    }

    /** Returns a training, and whether one may be whose norm mixes the images of a batch. */
    SparkTraining of(String run, int workers, String norm, boolean batchDependence) {
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
                new SparkTraining.Images(
                        folder.resolve("instances.json"),
                        folder.resolve("images"),
                        0,
                        ImageReader.standard()),
                Optional.empty(),
                folder.resolve(run),
                new LoaderOptions(1, 2, false),
                workers,
                batchDependence,
                MOST_RESTARTS,
                Duration.ofMinutes(1),
                Optional.of(new Diary()));
    }

    /** Writes into a file of the run when a training begins and ends. */
    private record Diary() implements SparkTraining.Companion {

        @Override
        public RunCompanion.Factory of(
                TrainingConfiguration configuration,
                LabelledImages train,
                Optional<LabelledImages> validation) {
            return lock ->
                    new RunCompanion() {
                        @Override
                        public TrainingListener listener() {
                            return new TrainingListener() {};
                        }

                        @Override
                        public void ready() throws IOException {
                            write("begun with " + train.images().samples().size() + " images\n");
                        }

                        @Override
                        public void finished() throws IOException {
                            write("finished\n");
                        }

                        private void write(String line) throws IOException {
                            Files.writeString(
                                    lock.run().path().resolve("diary.txt"),
                                    line,
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.APPEND);
                        }

                        @Override
                        public void close() {}
                    };
        }
    }

    /** Returns what the companion of a run has written. */
    List<String> diary(String run) throws IOException {
        return Files.readAllLines(folder.resolve(run).resolve("diary.txt"));
    }

    /** Returns the same training with another patience. */
    static SparkTraining waiting(SparkTraining training, int seconds) {
        return new SparkTraining(
                training.configuration(),
                training.train(),
                training.validation(),
                training.run(),
                training.loading(),
                training.workers(),
                training.batchDependence(),
                training.mostRestarts(),
                Duration.ofSeconds(seconds),
                training.companion());
    }

    private Path last(String run) {
        return folder.resolve(run).resolve("last");
    }

    /**
     * Returns the step of the newest checkpoint; 0 where there is none, or it is being replaced.
     */
    long step(String run) {
        try {
            return JsonParser.parseString(Files.readString(last(run).resolve("progress.json")))
                    .getAsJsonObject()
                    .get("step")
                    .getAsLong();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Returns how far the parameters of two runs are from each other, as a part of their norm. */
    double distance(String one, String other) throws IOException {
        Map<String, Tensor> first = parameters(one);
        double difference = 0;
        double norm = 0;
        for (Map.Entry<String, Tensor> entry : parameters(other).entrySet()) {
            float[] a = first.get(entry.getKey()).data();
            float[] b = entry.getValue().data();
            for (int i = 0; i < b.length; i++) {
                difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
                norm += b[i] * (double) b[i];
            }
        }
        return Math.sqrt(difference / norm);
    }

    private Map<String, Tensor> parameters(String run) throws IOException {
        return SafeTensors.read(last(run).resolve("parameters.safetensors"));
    }

    void assertSameBits(String one, String other) {
        for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
            assertThat(last(one).resolve(file)).hasSameBinaryContentAs(last(other).resolve(file));
        }
    }
}
