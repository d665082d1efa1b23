package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ProcessMemory;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many steps, evaluations and checkpoints leave nothing behind. With {@code
 * -Dfern.soak.steps=10000} it is the long test, which looks at the memory of the process too.
 */
class TrainingSoakTest {

    private static final int STEPS = Integer.getInteger("fern.soak.steps", 300);
    private static final int LOOKS = 10;

    /** In shorter trainings the process is still growing to its size. */
    private static final int LONG_TRAINING = 5000;

    private static final double LARGEST_GROWTH_MIB = 32;
    private static final int IMAGES = 40;

    private static final String SETTINGS =
            """
            {"backbone": "resnet18", "width": 0.125, "pyramidChannels": 8, "headConvolutions": 0,
             "anchorSizes": [16, 32, 64, 128, 256], "minSize": 32, "maxSize": 64, "batchSize": 2,
             "evaluateEvery": 5, "checkpointSteps": 7, "emaDecay": 0.99, "scoreThreshold": 0}
            """;

    @TempDir Path folder;

    /**
     * What the process holds after a step.
     *
     * @param step number of the step
     * @param resources arrays and managers that DJL's managers hold
     * @param nativeMib the process's resident memory without Java's heap
     */
    private record Look(long step, int resources, OptionalDouble nativeMib) {}

    /** Looks at the process after every tenth of the training. */
    private static final class Watch implements TrainingListener {

        private final Detector detector;
        private final List<Look> looks = new ArrayList<>();
        private int evaluations;

        Watch(Detector detector) {
            this.detector = detector;
        }

        @Override
        public void started(long firstStep, long totalSteps) {
            assertThat(totalSteps).isEqualTo(STEPS);
        }

        @Override
        public void step(Step step) {
            if (step.step() % (STEPS / LOOKS) == 0) {
                Look look =
                        new Look(
                                step.step(),
                                ProcessMemory.resources(detector.manager()),
                                ProcessMemory.nativeMib());
                looks.add(look);
                if (STEPS >= LONG_TRAINING) {
                    System.out.printf(
                            Locale.ROOT,
                            "step %d: %d resources, %.0f MiB of native memory%n",
                            look.step,
                            look.resources,
                            look.nativeMib.orElse(Double.NaN));
                }
            }
        }

        @Override
        public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
            evaluations++;
        }

        @Override
        public void skipped(String reason) {
            throw new AssertionError(reason);
        }
    }

    @Test
    void nothingStaysAliveThatAStepAnEvaluationOrACheckpointMade() throws Exception {
        RectangleFolder drawings =
                new RectangleFolder(Files.createDirectory(folder.resolve("images")));
        for (int id = 1; id <= IMAGES; id++) {
            drawings.image(id, 64, id % 4 == 0 ? 32 : 64, id % 3);
        }
        DetectionDataset dataset = drawings.dataset();
        TrainingConfiguration configuration =
                TrainingConfiguration.of(
                        List.of(
                                JsonParser.parseString(SETTINGS).getAsJsonObject(),
                                JsonParser.parseString("{\"steps\": " + STEPS + "}")
                                        .getAsJsonObject()));
        LoaderOptions loading = new LoaderOptions(1, 2, false);
        try (RunLock lock = RunDirectory.create(folder.resolve("run")).lock();
                Detector detector = configuration.newDetector(dataset.categories());
                DetectionTask task =
                        new DetectionTask(
                                configuration,
                                detector,
                                dataset,
                                trained -> Map.of("AP", detections(trained, dataset, loading)),
                                loading)) {
            Watch watch = new Watch(detector);
            assertThat(
                            new Trainer<>(
                                            configuration.loop(),
                                            configuration
                                                    .optimization()
                                                    .rates(configuration.loop()),
                                            task,
                                            lock,
                                            watch)
                                    .train())
                    .isTrue();
            assertThat(watch.evaluations).isGreaterThanOrEqualTo(STEPS / 100);
            assertThat(watch.looks).hasSize(LOOKS);
            Look second = watch.looks.get(1); // the first may be before the first evaluation
            Look last = watch.looks.get(LOOKS - 1);
            assertThat(watch.looks.subList(1, LOOKS))
                    .allMatch(look -> look.resources == second.resources);
            assertThat(second.resources).isPositive();
            if (STEPS >= LONG_TRAINING && second.nativeMib.isPresent()) {
                assertThat(last.nativeMib.getAsDouble() - second.nativeMib.getAsDouble())
                        .isLessThan(LARGEST_GROWTH_MIB);
            }
        }
    }

    private static double detections(
            Detector detector, DetectionDataset dataset, LoaderOptions loading)
            throws IOException, InterruptedException {
        return DatasetDetection.run(detector, dataset, 2, loading, done -> {}, bad -> {}).size();
    }
}
