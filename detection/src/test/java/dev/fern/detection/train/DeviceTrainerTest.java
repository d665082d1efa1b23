package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole loop around a training that stays on the device. */
@Tag("device")
class DeviceTrainerTest {

    private static final String SETTINGS =
            """
            {"engine": "PyTorch", "backbone": "resnet18", "width": 0.125, "pyramidChannels": 8,
             "headConvolutions": 1, "anchorSizes": [16, 32, 64, 128, 256], "minSize": 64,
             "maxSize": 64, "batchSize": 2, "warmupSteps": 0, "verticalFlip": 0.5, "epochs": 5,
             "minPositives": 1, "emaDecay": 0.9, "norm": "%s"}
            """;

    @TempDir Path folder;

    private DetectionDataset dataset;

    @BeforeEach
    void drawImages() throws IOException {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        RectangleFolder drawings = new RectangleFolder(Files.createDirectory(folder.resolve("i")));
        for (int id = 1; id <= 5; id++) {
            // There are two canvases: 64 x 64 and 64 x 32.
            drawings.image(id, 64, id == 4 ? 32 : 64, id % 3);
        }
        dataset = drawings.dataset();
    }

    /** A training whose evaluation gives a score without looking. */
    private final class Training implements AutoCloseable, TrainingListener {

        final RunLock lock;
        final Detector detector;
        final DetectionTask task;
        final Trainer<?> trainer;
        final List<Step> steps = new ArrayList<>();
        long stopAfter = Long.MAX_VALUE;

        Training(String name, String norm, String... layers) throws IOException {
            List<JsonObject> objects = new ArrayList<>();
            objects.add(JsonParser.parseString(SETTINGS.formatted(norm)).getAsJsonObject());
            for (String layer : layers) {
                objects.add(JsonParser.parseString(layer).getAsJsonObject());
            }
            TrainingConfiguration configuration = TrainingConfiguration.of(objects);
            lock = RunDirectory.create(folder.resolve(name)).lock();
            System.setProperty(EngineBridge.OPERATORS, "true");
            try {
                detector =
                        Detector.create(
                                configuration.detector(dataset.categories()),
                                "PyTorch",
                                configuration.seed());
            } finally {
                System.clearProperty(EngineBridge.OPERATORS);
            }
            detector.setPrecision(configuration.machine().precision());
            task =
                    new DetectionTask(
                            configuration,
                            detector,
                            dataset,
                            trained -> Map.of("AP", 0.5),
                            new LoaderOptions(1, 2, false));
            trainer =
                    new Trainer<>(
                            configuration.loop(),
                            configuration.optimization().rates(configuration.loop()),
                            task,
                            lock,
                            this);
        }

        @Override
        public void step(Step step) {
            steps.add(step);
            if (step.step() == stopAfter) {
                trainer.requestStop();
            }
        }

        @Override
        public void close() throws IOException {
            task.close();
            detector.close();
            lock.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"frn, float32", "bn, float32", "frn, bf16", "bn, bf16"})
    void resumedTrainingIsTheUndisturbedOneBitForBit(String norm, String precision)
            throws Exception {
        String numbers = "{\"precision\": \"%s\"}".formatted(precision);
        RunDirectory undisturbed;
        List<Double> losses;
        try (Training training = new Training("undisturbed", norm, numbers)) {
            assertThat(training.task.onDevice()).isPresent();
            assertThat(training.trainer.train()).isTrue();
            undisturbed = training.lock.run();
            losses = training.steps.stream().map(TrainingListener.Step::loss).toList();
        }
        // Five images, one of them on a canvas of its own, make three batches per epoch.
        assertThat(losses).hasSize(15);
        RunDirectory interrupted = null;
        List<Double> found = new ArrayList<>();
        for (long stop : new long[] {2, 7, Long.MAX_VALUE}) {
            try (Training training =
                    new Training("interrupted", norm, numbers, "{\"checkpointSteps\": 1}")) {
                training.stopAfter = stop;
                if (stop > 2) {
                    training.trainer.resume(warning -> {});
                }
                assertThat(training.trainer.train()).isEqualTo(stop == Long.MAX_VALUE);
                training.steps.forEach(step -> found.add(step.loss()));
                interrupted = training.lock.run();
            }
        }
        assertThat(found).isEqualTo(losses);
        assertThat(CheckpointStore.read(interrupted.last()))
                .isEqualTo(CheckpointStore.read(undisturbed.last()));
    }

    @Test
    void theLossFallsAndEveryStepIsToldInOrder() throws Exception {
        try (Training training = new Training("run", "frn", "{\"learningRate\": 0.02}")) {
            training.trainer.train();
            assertThat(training.steps)
                    .extracting(TrainingListener.Step::step)
                    .containsExactlyElementsOf(LongStream.rangeClosed(1, 15).boxed().toList());
            assertThat(mean(training.steps.subList(12, 15)))
                    .isLessThan(mean(training.steps.subList(0, 3)));
            assertThat(Files.readAllLines(training.lock.run().metrics()))
                    .filteredOn(line -> line.contains("\"classification\""))
                    .hasSize(15);
        }
    }

    private static double mean(List<TrainingListener.Step> steps) {
        return steps.stream().mapToDouble(TrainingListener.Step::loss).average().orElseThrow();
    }

    @Test
    void aLossThatIsNotFiniteEndsTheTrainingBeforeItIsSaved() throws Exception {
        try (Training training = new Training("run", "frn")) {
            Map<String, Tensor> values = training.detector.copyParameters();
            Arrays.fill(values.get("classification.output.bias").data(), Float.NaN);
            ParameterValues.assign(training.detector.network(), values);
            assertThatThrownBy(training.trainer::train)
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("the loss is not finite at step 1, images [")
                    .hasMessageContaining("there is no checkpoint yet");
            assertThat(training.lock.run().last()).doesNotExist();
        }
    }
}
