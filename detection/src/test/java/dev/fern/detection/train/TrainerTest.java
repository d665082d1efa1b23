package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.nn.Block;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.files.AtomicFolder;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.CheckpointStore.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps, evaluations, checkpoints and resuming. Long because everything is tried on one small
 * training of a few drawn images.
 */
class TrainerTest {

    private static final String SMALL =
            """
            {"backbone": "resnet18", "width": 0.125, "pyramidChannels": 8, "headConvolutions": 1,
             "anchorSizes": [16, 32, 64, 128, 256], "minSize": 64, "maxSize": 64, "batchSize": 2,
             "warmupSteps": 0, "learningRate": 0.05, "verticalFlip": 0.5, "minPositives": 1}
            """;

    @TempDir Path folder;

    private RectangleFolder drawings;

    @BeforeEach
    void drawImages() throws IOException {
        drawings = new RectangleFolder(Files.createDirectory(folder.resolve("images")));
        for (int id = 1; id <= 5; id++) {
            // There are two canvases: 64 x 64 and 64 x 32.
            drawings.image(id, 64, id == 4 ? 32 : 64, id % 3);
        }
    }

    /** A training with its data set, its folder and a listener that notes what it is told. */
    private final class Training implements AutoCloseable, TrainingListener {

        final TrainingConfiguration configuration;
        final RunDirectory run;
        final RunLock lock;
        final Detector detector;
        final DetectionTask task;
        final Trainer<?> trainer;
        final List<TrainingListener.Step> steps = new ArrayList<>();
        final List<String> skipped = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();
        final List<Map<String, Tensor>> evaluated = new ArrayList<>();
        final List<Boolean> best = new ArrayList<>();
        Consumer<TrainingListener.Step> onStep = step -> {};
        List<Double> scores = List.of();
        boolean detectsInEvaluation;
        boolean isStoppedInEvaluation;
        boolean failsWhenStopped;
        long firstStep;
        long totalSteps;
        int detections;

        Training(String name, boolean skipBadImages, DetectionDataset dataset, String... layers)
                throws IOException {
            List<JsonObject> objects = new ArrayList<>();
            objects.add(JsonParser.parseString(SMALL).getAsJsonObject());
            objects.get(0).addProperty("engine", TinyDetectors.ENGINE);
            for (String layer : layers) {
                objects.add(JsonParser.parseString(layer).getAsJsonObject());
            }
            configuration = TrainingConfiguration.of(objects);
            run = RunDirectory.create(folder.resolve(name));
            lock = run.lock();
            detector =
                    Detector.create(
                            configuration.detector(dataset.categories()),
                            configuration.machine().engine(),
                            configuration.seed());
            detector.network().freezeBackbone(configuration.network().freezeStages());
            task =
                    new DetectionTask(
                            configuration,
                            detector,
                            dataset,
                            trained -> {
                                if (failsWhenStopped) {
                                    requestStop();
                                    // As every writing does on a thread that is interrupted.
                                    AtomicFile.write(folder.resolve("found.json"), new byte[1]);
                                }
                                if (isStoppedInEvaluation) {
                                    requestStop();
                                    Thread.sleep(60_000);
                                }
                                evaluated.add(trained.copyParameters());
                                if (detectsInEvaluation) {
                                    detections += detect(trained, dataset);
                                }
                                int epoch = evaluated.size() - 1;
                                return Map.of(
                                        "AP", epoch < scores.size() ? scores.get(epoch) : 0.5);
                            },
                            new LoaderOptions(1, 2, skipBadImages));
            trainer =
                    new Trainer<>(
                            configuration.loop(),
                            configuration.optimization().rates(configuration.loop()),
                            task,
                            lock,
                            this);
        }

        Training(String name, String... layers) throws IOException {
            this(name, false, drawings.dataset(), layers);
        }

        private int detect(Detector trained, DetectionDataset images)
                throws IOException, InterruptedException {
            return DatasetDetection.run(
                            trained,
                            images,
                            2,
                            new LoaderOptions(1, 2, false),
                            done -> {},
                            bad -> {})
                    .size();
        }

        private void requestStop() {
            trainer.requestStop();
        }

        void resume() throws IOException {
            trainer.resume(warnings::add);
        }

        boolean train() throws Exception {
            return trainer.train();
        }

        @Override
        public void started(long first, long total) {
            firstStep = first;
            totalSteps = total;
        }

        @Override
        public void shortened(long total) {
            assertThat(total).isLessThan(totalSteps);
            totalSteps = total;
        }

        @Override
        public void step(Step step) {
            steps.add(step);
            onStep.accept(step);
        }

        @Override
        public void evaluated(int epoch, Map<String, Double> numbers, boolean isBest) {
            best.add(isBest);
        }

        @Override
        public void skipped(String reason) {
            skipped.add(reason);
        }

        @Override
        public void close() throws IOException {
            task.close();
            detector.close();
            lock.close();
        }
    }

    @Tag("engine")
    @Test
    void lossFallsAndModelsLoad() throws Exception {
        try (Training training =
                new Training(
                        "run",
                        """
                        {"epochs": 25, "evaluateEvery": 10, "width": 0.25, "pyramidChannels": 16,
                         "learningRate": 0.02, "horizontalFlip": 0, "verticalFlip": 0}
                        """)) {
            assertThat(training.train()).isTrue();
            // Five images, one of them on a canvas of its own, make three batches per epoch.
            assertThat(training.steps).hasSize(75);
            assertThat(training.firstStep).isEqualTo(1);
            assertThat(training.totalSteps).isEqualTo(75);
            double before = meanLoss(training.steps.subList(0, 6));
            double after = meanLoss(training.steps.subList(63, 75));

            assertThat(after).isLessThan(0.6 * before);
            assertThat(training.best).hasSize(3);
            for (Path model : List.of(training.run.last(), training.run.best())) {
                try (Detector loaded = Detector.load(model, TinyDetectors.ENGINE)) {
                    assertThat(loaded.configuration()).isEqualTo(training.detector.configuration());
                }
            }
            assertThat(ModelDirectory.readParameters(training.run.last()))
                    .isEqualTo(training.detector.copyParameters());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"epochs\": 3}",
                "{\"epochs\": 2, \"accumulate\": 2147483647}",
                "{\"epochs\": 3, \"multiScale\": [32, 48, 64], \"minCrop\": 0.3}"
            })
    void theLengthThatIsForetoldIsThatOfItsEpochs(String length) throws Exception {
        int epochs = JsonParser.parseString(length).getAsJsonObject().get("epochs").getAsInt();
        try (Training training = new Training("run", length, "{\"evaluateEvery\": 100}")) {
            assertThat(training.train()).isTrue();
            assertThat(training.steps).hasSize((int) training.totalSteps);
            assertThat(training.steps.stream().mapToInt(TrainingListener.Step::images).sum())
                    .isEqualTo(5 * epochs);
        }
    }

    private static double meanLoss(List<TrainingListener.Step> steps) {
        return steps.stream().mapToDouble(TrainingListener.Step::loss).average().orElseThrow();
    }

    @Test
    void aLineOfMetricsIsWrittenForEachStepAndEvaluation() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 3, \"evaluateEvery\": 2}")) {
            training.train();
            List<JsonObject> lines = metrics(training.run);
            assertThat(lines.stream().filter(line -> line.has("evaluation")))
                    .extracting(line -> line.get("epoch").getAsInt())
                    .containsExactly(2, 3);
            double[] taus =
                    ModelDirectory.readParameters(training.run.last()).entrySet().stream()
                            .filter(parameter -> parameter.getKey().endsWith(".tau"))
                            .flatMapToDouble(parameter -> doubles(parameter.getValue().data()))
                            .toArray();
            JsonObject tau =
                    lines.get(lines.size() - 1).getAsJsonObject("norms").getAsJsonObject("tau");
            double mean = Arrays.stream(taus).average().orElseThrow();
            double variance =
                    Arrays.stream(taus).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            assertThat(tau.get("least").getAsDouble())
                    .isEqualTo(Arrays.stream(taus).min().orElseThrow());
            assertThat(tau.get("most").getAsDouble())
                    .isEqualTo(Arrays.stream(taus).max().orElseThrow());
            assertThat(tau.get("mean").getAsDouble()).isCloseTo(mean, within(1e-12));
            assertThat(tau.get("deviation").getAsDouble())
                    .isCloseTo(Math.sqrt(variance), within(1e-9));
            List<JsonObject> steps =
                    lines.stream().filter(line -> !line.has("evaluation")).toList();
            assertThat(steps).hasSameSizeAs(training.steps);
            for (int i = 0; i < steps.size(); i++) {
                TrainingListener.Step told = training.steps.get(i);
                assertThat(steps.get(i).get("step").getAsLong())
                        .isEqualTo(i + 1L)
                        .isEqualTo(told.step());
                assertThat(steps.get(i).get("epoch").getAsInt()).isEqualTo(i / 3 + 1);
                assertThat(steps.get(i).get("classification").getAsDouble())
                        .isEqualTo(told.losses().get("classification"));
                assertThat(told.learningRate())
                        .isEqualTo(new LearningRateSchedule.Cosine(0.05, 0).at(i, 9));
                assertThat(told.images()).isBetween(1, 2);
                assertThat(told.gradientNorm()).isPositive();
            }
            // Every epoch sees each of the five images once.
            assertThat(training.steps.stream().mapToInt(TrainingListener.Step::images).sum())
                    .isEqualTo(15);
        }
    }

    private static DoubleStream doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
    }

    private static List<JsonObject> metrics(RunDirectory run) throws IOException {
        return Files.readAllLines(run.metrics()).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    @Tag("engine")
    @Test
    void sameSeedGivesTheSameBitsAndAnotherOthers() throws Exception {
        Map<String, Tensor> first = trained("first", "{\"epochs\": 3}");
        assertThat(trained("again", "{\"epochs\": 3}")).isEqualTo(first);
        assertThat(trained("other", "{\"epochs\": 3, \"seed\": 2}")).isNotEqualTo(first);
    }

    private Map<String, Tensor> trained(String name, String... layers) throws Exception {
        try (Training training = new Training(name, layers)) {
            training.train();
            return training.detector.copyParameters();
        }
    }

    /** MXNet lays weights out anew for inference; training must not notice. */
    @Tag("engine")
    @Test
    void evaluationDoesNotTouchTheTraining() throws Exception {
        String settings = "{\"epochs\": 3, \"scoreThreshold\": 0}";
        Map<String, Tensor> without = trained("without", settings);
        try (Training training = new Training("with", settings)) {
            training.detectsInEvaluation = true;
            training.train();
            assertThat(training.detections).isPositive();
            assertThat(training.detector.copyParameters()).isEqualTo(without);
            assertThat(CheckpointStore.read(training.run.last()).parameters()).isEqualTo(without);
        }
    }

    /** With three batches per epoch, it stops within an epoch, at its end, and more than once. */
    @Tag("engine")
    @ParameterizedTest(name = "{0}, stopped after steps {1}")
    @CsvSource({
        "'', 1",
        "'', 3",
        "'', 4 8",
        "'', 3 12",
        "'\"accumulate\": 2', 1 2 3",
        "'\"emaDecay\": 0.9', 2 6 7",
        "'\"norm\": \"bn\", \"emaDecay\": 0.9, \"freezeStages\": 2', 4 5",
        "'\"patience\": 2, \"brightness\": 0.2, \"multiScale\": [48, 64]', 1 5",
    })
    void resumedTrainingIsTheUndisturbedOneBitForBit(String more, String stops) throws Exception {
        assertResumedIsUndisturbed(more, stops, false, drawings.dataset());
    }

    private void assertResumedIsUndisturbed(
            String more, String stops, boolean skipBadImages, DetectionDataset dataset)
            throws Exception {
        String settings = "{\"epochs\": 4" + (more.isEmpty() ? "" : ", " + more) + "}";
        RunDirectory undisturbed;
        try (Training training = new Training("undisturbed", skipBadImages, dataset, settings)) {
            training.scores = List.of(0.1, 0.4, 0.3, 0.2);
            assertThat(training.train()).isTrue();
            undisturbed = training.run;
        }
        RunDirectory interrupted = RunDirectory.create(folder.resolve("interrupted"));
        long next = 1;
        int evaluations = 0;
        for (String stop : (stops + " 999").split(" ")) {
            try (Training training =
                    new Training("interrupted", skipBadImages, dataset, settings)) {
                training.scores = List.of(0.1, 0.4, 0.3, 0.2).subList(evaluations, 4);
                training.onStep =
                        step -> {
                            if (step.step() == Long.parseLong(stop)) {
                                training.trainer.requestStop();
                            }
                        };
                if (next > 1) {
                    training.resume();
                }
                assertThat(training.train()).isEqualTo(stop.equals("999"));
                assertThat(training.firstStep).isEqualTo(next);
                next = Long.parseLong(stop) + 1;
                evaluations += training.evaluated.size();
            }
        }
        assertThat(CheckpointStore.read(interrupted.last()))
                .isEqualTo(CheckpointStore.read(undisturbed.last()));
        assertThat(ModelDirectory.readParameters(interrupted.best()))
                .isEqualTo(ModelDirectory.readParameters(undisturbed.best()));
        assertThat(timeless(interrupted)).isEqualTo(timeless(undisturbed));
    }

    @ParameterizedTest
    @CsvSource({
        "'\"epochs\": 4', 0.2 0.5, 3 6, 12",
        "'\"epochs\": 4', 0.5 0.76, 6 12, 12",
        "'\"steps\": 11', 0.3 0.9, 6 11, 11"
    })
    void aPausedTrainingIsEvaluatedAndGoesOnAsIfItHadNotPaused(
            String length, String parts, String steps, long total) throws Exception {
        String settings = "{" + length + ", \"evaluateEvery\": 100}";
        RunDirectory undisturbed;
        try (Training training = new Training("undisturbed", settings)) {
            assertThat(training.train()).isTrue();
            undisturbed = training.run;
        }
        for (int i = 0; i < 2; i++) {
            double part = Double.parseDouble(parts.split(" ")[i]);
            long step = Long.parseLong(steps.split(" ")[i]);
            for (boolean again : new boolean[] {false, true}) {
                try (Training training = new Training("paused", settings)) {
                    training.trainer.pauseAfter(part);
                    if (i > 0 || again) {
                        training.resume();
                    }
                    boolean ends = step == total;
                    assertThat(training.train()).isEqualTo(ends);
                    assertThat(training.trainer.isPaused()).isEqualTo(!ends);
                    assertThat(training.evaluated).hasSize(again ? 0 : 1);
                    assertThat(CheckpointStore.read(training.run.last()).progress())
                            .matches(progress -> progress.step() == step && progress.batch() == 0);
                }
            }
        }
        RunDirectory paused = RunDirectory.create(folder.resolve("paused"));
        try (Training training = new Training("paused", settings)) {
            training.resume();
            assertThat(training.train()).isTrue();
        }
        assertThat(ModelDirectory.readParameters(paused.last()))
                .isEqualTo(ModelDirectory.readParameters(undisturbed.last()));
        assertThat(CheckpointStore.read(paused.last()).velocities())
                .isEqualTo(CheckpointStore.read(undisturbed.last()).velocities());
    }

    @ParameterizedTest
    @CsvSource({"{}, 3", "{'epochs': 1}, 3", "{'steps': 2}, 2"})
    void anEvaluationThatWasBrokenOffIsMadeUpForOnResuming(String settings, int stepsBefore)
            throws Exception {
        String json = settings.replace('\'', '"');
        Map<String, Tensor> undisturbed;
        List<JsonObject> lines;
        try (Training training = new Training("undisturbed", json)) {
            training.train();
            undisturbed = training.detector.copyParameters();
            lines = timeless(training.run);
        }
        try (Training training = new Training("stopped", json)) {
            training.isStoppedInEvaluation = true;
            assertThat(training.train()).isFalse();
            assertThat(training.steps).hasSize(stepsBefore);
            assertThat(training.evaluated).isEmpty();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
        try (Training training = new Training("stopped", json)) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
            assertThat(timeless(training.run)).isEqualTo(lines);
        }
    }

    private static List<JsonObject> timeless(RunDirectory run) throws IOException {
        List<JsonObject> lines = metrics(run);
        lines.forEach(line -> line.remove("seconds"));
        return lines;
    }

    @Tag("engine")
    @Test
    void trainingGoesOnFromACheckpointAsIfWhatCameAfterHadNotBeen() throws Exception {
        // The process is killed: the checkpoint is that of the epoch's end, the metrics are ahead.
        // An error stands for the kill, since an exception of a listener leaves a checkpoint.
        String settings = "{\"epochs\": 3}";
        Map<String, Tensor> undisturbed = trained("undisturbed", settings);
        try (Training training = new Training("killed", settings)) {
            training.onStep =
                    step -> {
                        if (step.step() == 5) {
                            throw new AssertionError("killed");
                        }
                    };
            assertThatThrownBy(training::train).hasMessage("killed");
        }
        try (Training training = new Training("killed", settings)) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.firstStep).isEqualTo(4);
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
            assertThat(metrics(training.run).stream().filter(line -> !line.has("evaluation")))
                    .extracting(line -> line.get("step").getAsLong())
                    .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        }
    }

    @Test
    void checkpointsAreWrittenAfterTheStepsThatAreSetAndTheNewestAreKept() throws Exception {
        String settings =
                """
                {"steps": 9, "checkpointSteps": 2, "keepCheckpoints": 3, "evaluateEvery": 99}
                """;
        try (Training training = new Training("killed", settings)) {
            training.onStep =
                    step -> {
                        if (step.step() == 9) {
                            throw new AssertionError("killed");
                        }
                    };
            assertThatThrownBy(training::train).hasMessage("killed");
            // A checkpoint comes after two steps of each epoch of three, and at its end.
            assertThat(CheckpointStore.read(training.run.last()).progress().step()).isEqualTo(8);
            assertThat(training.run.olderCheckpoints())
                    .containsExactly(training.run.checkpoint(6), training.run.checkpoint(5));
        }
    }

    @Test
    void trainingGoesOnFromTheCheckpointBeforeADamagedOne() throws Exception {
        String settings = "{\"epochs\": 3}";
        Map<String, Tensor> undisturbed = trained("undisturbed", settings);
        trained("damaged", "{\"epochs\": 3}");
        RunDirectory run = RunDirectory.open(folder.resolve("damaged"));
        Path file = run.last().resolve("parameters.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 2] ^= 1;
        Files.write(file, bytes);
        try (Training training = new Training("damaged", settings)) {
            training.resume();
            assertThat(training.warnings)
                    .singleElement()
                    .asString()
                    .contains(file.toString(), "step 6");
            assertThat(training.train()).isTrue();
            assertThat(training.firstStep).isEqualTo(7);
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
        }
    }

    /** The definition, in double precision: a = d a + (1 - d) w, d = min(decay, (1+t)/(10+t)). */
    @Tag("engine")
    @Test
    void theAverageOfTheWeightsIsEvaluatedAndSaved() throws Exception {
        List<Map<String, Tensor>> trained = new ArrayList<>();
        try (Training training =
                new Training("run", "{\"epochs\": 2, \"emaDecay\": 0.3, \"norm\": \"bn\"}")) {
            trained.add(training.detector.copyParameters());
            training.onStep = step -> trained.add(training.detector.copyParameters());
            training.train();
            for (String name : trained.get(0).keySet()) {
                for (int i = 0; i < trained.get(0).get(name).data().length; i++) {
                    double mean = trained.get(0).get(name).data()[i];
                    for (int t = 1; t <= 6; t++) {
                        double decay = Math.min(0.3, (1.0 + t) / (10 + t));
                        double value = trained.get(t).get(name).data()[i];
                        mean = decay * mean + (1 - decay) * value;
                        if (t % 3 == 0) {
                            assertThat(training.evaluated.get(t / 3 - 1).get(name).data()[i])
                                    .as(name)
                                    .isCloseTo(
                                            (float) mean,
                                            within(1e-5f + 1e-5f * (float) Math.abs(mean)));
                        }
                    }
                }
            }
            assertThat(ModelDirectory.readParameters(training.run.last()))
                    .isEqualTo(training.evaluated.get(1))
                    .isNotEqualTo(trained.get(6));
            assertThat(ModelDirectory.readParameters(training.run.best()))
                    .isEqualTo(training.evaluated.get(0));
            assertThat(training.detector.copyParameters()).isEqualTo(trained.get(6));
            assertThat(CheckpointStore.read(training.run.last()).parameters())
                    .isEqualTo(trained.get(6));
        }
    }

    @Test
    void theAverageDoesNotChangeWhatIsTrained() throws Exception {
        assertThat(trained("averaged", "{\"epochs\": 2, \"emaDecay\": 0.99}"))
                .isEqualTo(trained("plain", "{\"epochs\": 2}"));
    }

    @Tag("engine")
    @Test
    void frozenStagesStayAsTheyAreAndTheOthersTrain() throws Exception {
        for (String norm : List.of("bn", "frn")) {
            for (int stages : new int[] {1, 3, 5}) {
                try (Training training =
                        new Training(
                                norm + stages,
                                "{\"epochs\": 1, \"weightDecay\": 0.01, \"normWeightDecay\": 0.01,"
                                        + "\"norm\": \""
                                        + norm
                                        + "\", \"freezeStages\": "
                                        + stages
                                        + "}")) {
                    Map<String, Tensor> before = training.detector.copyParameters();
                    training.train();
                    Map<String, Tensor> after = training.detector.copyParameters();
                    before.forEach(
                            (name, tensor) -> {
                                if (isFrozen(name, stages)) {
                                    assertThat(after.get(name)).as(name).isEqualTo(tensor);
                                } else if (name.endsWith("conv1.weight")
                                        || name.endsWith("running_mean")) {
                                    assertThat(after.get(name)).as(name).isNotEqualTo(tensor);
                                }
                            });
                    assertThat(before.keySet()).anyMatch(name -> isFrozen(name, stages));
                }
            }
        }
    }

    /**
     * Returns whether a parameter is frozen: by 1 the stem is, by 2 layer1 too, by 5 layer4 too.
     */
    private static boolean isFrozen(String parameter, int stages) {
        if (parameter.startsWith("backbone.conv1") || parameter.startsWith("backbone.norm1")) {
            return stages >= 1;
        }
        for (int layer = 1; layer <= 4; layer++) {
            if (parameter.startsWith("backbone.layer" + layer + ".")) {
                return stages >= layer + 1;
            }
        }
        return false;
    }

    @Test
    void theTrainingEndsWhenItsScoreRisesNoMore() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 9, \"patience\": 2}")) {
            training.scores = List.of(0.1, 0.1, 0.3, 0.2, 0.3, 0.9);
            assertThat(training.train()).isTrue();
            assertThat(training.trainer.lostPatience()).isTrue();
            assertThat(training.evaluated).hasSize(5);
            assertThat(training.steps).hasSize(15);
        }
        try (Training training = new Training("run", "{\"epochs\": 9, \"patience\": 2}")) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.steps).isEmpty();
        }
        try (Training training = new Training("run", "{\"epochs\": 9, \"patience\": 3}")) {
            training.scores = List.of(0.4, 0.1, 0.1, 0.5);
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.trainer.lostPatience()).isFalse();
            assertThat(training.evaluated).hasSize(4);
        }
    }

    @Test
    void bestModelIsThatOfTheHighestScore() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 4}")) {
            training.scores = List.of(0.1, 0.3, 0.3, 0.2);
            training.train();
            assertThat(training.best).containsExactly(true, true, false, false);
            assertThat(ModelDirectory.readParameters(training.run.best()))
                    .isEqualTo(training.evaluated.get(1));
            assertThat(CheckpointStore.read(training.run.last()).progress())
                    .isEqualTo(new Progress(4, 0, 12, 0.3, 2));
        }
    }

    @Test
    void scoreThatIsUndefinedStillLeavesABestModel() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 2}")) {
            training.scores = List.of(-1.0, -1.0);
            training.train();
            assertThat(training.best).containsExactly(true, false);
            assertThat(training.run.best()).isDirectory();
        }
    }

    @Test
    void stepsEndATrainingWithinAnEpochAndItIsEvaluated() throws Exception {
        try (Training training = new Training("run", "{\"steps\": 4, \"evaluateEvery\": 50}")) {
            assertThat(training.train()).isTrue();
            assertThat(training.steps).hasSize(4);
            assertThat(training.evaluated).hasSize(1);
        }
    }

    @Tag("engine")
    @Test
    void hugeLearningRateEndsWithTheStepTheImagesAndTheCheckpoint() throws Exception {
        try (Training training =
                new Training("run", "{\"learningRate\": 1e30, \"epochs\": 9, \"clipNorm\": 0}")) {
            assertThatThrownBy(training::train)
                    .isInstanceOf(TrainingException.class)
                    .hasMessageMatching(
                            "the (loss|gradient) is not finite at step [23], images \\[[1-5](, [1-5])?\\];"
                                    + " there is no checkpoint yet; .*learningRate.*");
            assertThat(training.run.last()).doesNotExist();
        }
    }

    @Test
    void outputsThatAreNotFiniteInAnEvaluationEndTheTrainingWithTheStep() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 2}")) {
            training.detectsInEvaluation = true;
            training.onStep =
                    step -> {
                        if (step.step() == 3) { // the last one of the epoch
                            Map<String, Tensor> values = training.detector.copyParameters();
                            Arrays.fill(values.get("regression.output.bias").data(), Float.NaN);
                            ParameterValues.assign(training.detector.network(), values);
                        }
                    };
            assertThatThrownBy(training::train)
                    .isInstanceOf(TrainingException.class)
                    .hasMessageMatching(
                            "evaluation after step 3: .*[1-5].png: the network's outputs are not"
                                    + " finite; .* diverged; the last checkpoint is .*, of step 3;"
                                    + " try a lower learningRate .*");
            assertThat(training.run.best()).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFolderThatIsNoLongerTheOneThatWasLockedIsNotWrittenTo(boolean replaced) throws Exception {
        Map<String, Tensor> undisturbed = trained("undisturbed", "{\"epochs\": 2}");
        RunDirectory saved = RunDirectory.create(folder.resolve("saved"));
        Path marker = folder.resolve("run/mine");
        try (Training training = new Training("run", "{\"epochs\": 2}")) {
            training.onStep =
                    step -> {
                        if (step.step() == 4) {
                            replace(training.run.path(), replaced ? marker : null);
                        }
                    };
            assertThatThrownBy(training::train)
                    .isInstanceOf(RunLostException.class)
                    .hasMessageContaining(training.run.path() + ": was deleted, moved or replaced");
            assertThat(training.trainer.saveInto(saved)).isEqualTo(5);
        }
        if (replaced) {
            try (Stream<Path> files = Files.list(marker.getParent())) {
                assertThat(files).containsExactlyInAnyOrder(marker, marker.resolveSibling(".lock"));
            }
        } else {
            assertThat(marker.getParent()).doesNotExist();
        }
        try (Training training = new Training("saved", "{\"epochs\": 2}")) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.firstStep).isEqualTo(6);
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
        }
    }

    /** Deletes a run and, if a file is given, lets another training begin in its place. */
    private static void replace(Path run, Path file) {
        try {
            AtomicFolder.delete(run);
            if (file != null) {
                RunDirectory.create(run).lock().close();
                Files.writeString(file, "mine");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFileThatARequestToStopClosesIsNoError() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 2}")) {
            training.failsWhenStopped = true;
            assertThat(training.train()).isFalse();
            assertThat(training.run.last()).isDirectory();
        }
    }

    @Tag("engine")
    @Test
    void parametersThatAreNoNumbersEndTheTrainingAndLeaveTheCheckpoint() throws Exception {
        try (Training training = new Training("run", "{\"epochs\": 3}")) {
            training.onStep =
                    step -> {
                        if (step.step() == 4) {
                            Map<String, Tensor> values = training.detector.copyParameters();
                            Arrays.fill(values.get("classification.output.bias").data(), Float.NaN);
                            ParameterValues.assign(training.detector.network(), values);
                        }
                    };
            assertThatThrownBy(training::train)
                    .isInstanceOf(TrainingException.class)
                    .hasMessageContaining("loss is not finite at step 5, images [")
                    .hasMessageContaining("checkpoint is " + training.run.last())
                    .hasMessageNotContaining("\n");
            assertThat(CheckpointStore.read(training.run.last()).progress().step()).isEqualTo(3);
            assertThat(CheckpointStore.read(training.run.last()).parameters())
                    .isEqualTo(training.evaluated.get(0));
        }
    }

    @Test
    void imagesWithoutBoxesTrainAsBackground() throws Exception {
        RectangleFolder empty =
                new RectangleFolder(Files.createDirectory(folder.resolve("empty")))
                        .image(1, 64, 64, 0)
                        .image(2, 64, 64, 0);
        try (Training training =
                new Training(
                        "run",
                        false,
                        empty.dataset(),
                        "{\"epochs\": 60, \"learningRate\": 5, \"weightDecay\": 0}")) {
            assertThat(training.train()).isTrue();
            assertThat(training.steps)
                    .allSatisfy(
                            step -> {
                                assertThat(step.counts()).containsEntry("positives", 0L);
                                assertThat(step.losses()).containsEntry("regression", 0.0);
                                assertThat(step.gradientNorm()).isPositive();
                            });
            assertThat(training.steps.get(59).losses().get("classification"))
                    .isLessThan(0.8 * training.steps.get(0).losses().get("classification"));
        }
    }

    @Test
    void crowdsAreNoTargets() throws Exception {
        RectangleFolder crowds =
                new RectangleFolder(Files.createDirectory(folder.resolve("crowds")))
                        .image(1, 64, 64, 3, true)
                        .image(2, 64, 64, 1, true);
        DetectionDataset dataset = crowds.dataset();
        assertThat(dataset.crowds()).isEqualTo(4);
        try (Training training = new Training("run", false, dataset, "{\"epochs\": 2}")) {
            training.train();
            assertThat(training.steps).allMatch(step -> step.counts().get("positives") == 0);
        }
    }

    @Test
    void badImageEndsTheTrainingUnlessItIsToBeSkipped() throws Exception {
        DetectionDataset dataset = drawings.dataset();
        Files.writeString(folder.resolve("images/2.png"), "no picture");
        try (Training training = new Training("strict", false, dataset, "{\"epochs\": 2}")) {
            assertThatThrownBy(training::train)
                    .isInstanceOf(BadImageException.class)
                    .hasMessageContaining("2.png");
        }
        try (Training training = new Training("lenient", true, dataset, "{\"epochs\": 2}")) {
            assertThat(training.train()).isTrue();
            assertThat(training.trainer.imagesSkipped()).isEqualTo(1);
            assertThat(training.skipped).hasSize(1).allMatch(line -> line.contains("2.png"));
            assertThat(training.steps.stream().mapToInt(TrainingListener.Step::images).sum())
                    .isEqualTo(8);
        }
    }

    @Test
    void whatWasTrainedBeforeABadImageIsKept() throws Exception {
        Map<String, Tensor> undisturbed = trained("undisturbed", "{\"epochs\": 2}");
        Path image = folder.resolve("images/4.png"); // alone on its canvas: the epoch's last batch
        byte[] whole = Files.readAllBytes(image);
        DetectionDataset dataset = drawings.dataset();
        Files.writeString(image, "no picture");
        try (Training training = new Training("run", false, dataset, "{\"epochs\": 2}")) {
            assertThatThrownBy(training::train).isInstanceOf(BadImageException.class);
            assertThat(CheckpointStore.read(training.run.last()).progress())
                    .isEqualTo(new Progress(0, 1, 1, -1, 0));
        }
        Files.write(image, whole);
        try (Training training = new Training("run", "{\"epochs\": 2}")) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
        }
    }

    /** Cuts files of images, whose headers stay whole. */
    private void cut(List<Integer> images) throws IOException {
        for (int id : images) {
            Path file = folder.resolve("images/" + id + ".png");
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        }
    }

    private static List<Integer> ids(String text) {
        return Stream.of(text.split(" "))
                .filter(id -> !id.isEmpty())
                .map(Integer::valueOf)
                .toList();
    }

    @ParameterizedTest(name = "accumulate {0}, images {1} damaged, {2}")
    @CsvSource({
        "1, '', cosine",
        "1, 2, cosine",
        "1, 2 4 5, cosine",
        "1, 2 4 5, step",
        "3, '', cosine",
        "3, 6, cosine",
        "3, 1 3 5, cosine",
        "3, 1 2 3 5 6, step", // most steps have no image at all
    })
    void aTrainingByEpochsEndsWithItsEpochsWhateverIsLeftOut(
            int accumulate, String damaged, String schedule) throws Exception {
        DetectionDataset dataset = drawings.image(6, 64, 64, 1).dataset();
        List<Integer> bad = ids(damaged);
        cut(bad);
        int epochs = 4;
        String settings =
                String.format(
                        "{\"epochs\": %d, \"batchSize\": 1, \"accumulate\": %d,"
                                + " \"schedule\": \"%s\", \"milestones\": [0.5, 0.75],"
                                + " \"warmupSteps\": 2}",
                        epochs, accumulate, schedule);
        try (Training training = new Training("run", true, dataset, settings)) {
            assertThat(training.train()).isTrue();

            List<String> expected = new ArrayList<>();
            int planned = epochs * 6 / accumulate;
            LearningRateSchedule rates =
                    schedule.equals("step")
                            ? new LearningRateSchedule.Step(0.05, 2, List.of(0.5, 0.75), 0.1)
                            : new LearningRateSchedule.Cosine(0.05, 2);
            BatchSampler sampler =
                    new BatchSampler(
                            dataset,
                            1,
                            training.configuration.images().canvasRule(),
                            training.configuration.augmentation(),
                            training.configuration.seed());
            for (int step = 0; step < planned; step++) {
                int epoch = step * accumulate / 6;
                int first = step * accumulate % 6;
                long good =
                        sampler.epoch(epoch).batches().subList(first, first + accumulate).stream()
                                .flatMap(batch -> batch.images().stream())
                                .filter(i -> !bad.contains((int) i.sample().imageId()))
                                .count();
                if (good > 0) {
                    expected.add((epoch + 1) + " " + rates.at(step, planned) + " " + good);
                }
            }
            assertThat(training.steps)
                    .extracting(s -> s.epoch() + " " + s.learningRate() + " " + s.images())
                    .isEqualTo(expected);
            assertThat(training.steps)
                    .extracting(TrainingListener.Step::step)
                    .isEqualTo(LongStream.rangeClosed(1, expected.size()).boxed().toList());
            assertThat(training.totalSteps).isEqualTo(expected.size());
            assertThat(metrics(training.run).stream().filter(line -> line.has("evaluation")))
                    .extracting(line -> line.get("epoch").getAsInt())
                    .containsExactly(1, 2, 3, 4);
        }
        try (Training training = new Training("run", true, dataset, settings)) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.firstStep).isEqualTo(training.totalSteps + 1);
            assertThat(training.steps).isEmpty();
        }
    }

    @ParameterizedTest(name = "accumulate {0}, images {1} damaged, stopped after steps {2}")
    @CsvSource({
        "1, 2, 1",
        "1, 2, 5 11",
        "1, 1 3 5, 2 3 4",
        "1, 2 4 5, 1 11",
        "3, 6, 1 2",
        "3, 1 3 5, 1 4 7",
    })
    void aResumedTrainingLeavesOutWhatTheUndisturbedOneDoes(
            int accumulate, String damaged, String stops) throws Exception {
        DetectionDataset dataset = drawings.image(6, 64, 64, 1).dataset();
        cut(ids(damaged));
        assertResumedIsUndisturbed(
                "\"batchSize\": 1, \"emaDecay\": 0.9, \"accumulate\": " + accumulate,
                stops,
                true,
                dataset);
        for (String run : List.of("undisturbed", "interrupted")) {
            assertThat(
                            metrics(RunDirectory.open(folder.resolve(run))).stream()
                                    .filter(line -> line.has("evaluation")))
                    .extracting(line -> line.get("epoch").getAsInt())
                    .containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void aTrainingByStepsTakesThemWhateverIsLeftOut() throws Exception {
        DetectionDataset dataset = drawings.dataset();
        cut(List.of(1, 2));
        try (Training training =
                new Training("run", true, dataset, "{\"steps\": 7, \"batchSize\": 1}")) {
            assertThat(training.train()).isTrue();
            assertThat(training.totalSteps).isEqualTo(7);
            assertThat(training.steps)
                    .extracting(TrainingListener.Step::learningRate)
                    .isEqualTo(
                            LongStream.range(0, 7)
                                    .mapToObj(
                                            i -> new LearningRateSchedule.Cosine(0.05, 0).at(i, 7))
                                    .toList());
            assertThat(training.steps)
                    .extracting(TrainingListener.Step::epoch)
                    .containsExactly(1, 1, 1, 2, 2, 2, 3);
        }
    }

    /** Earlier builds counted steps alone and went into an epoch that had not been asked for. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void aCheckpointBeyondTheLastEpochIsTheEnd(int batch) throws Exception {
        DetectionDataset dataset = drawings.dataset();
        cut(List.of(1, 2));
        String settings = "{\"epochs\": 2, \"batchSize\": 1}";
        try (Training training = new Training("run", true, dataset, settings)) {
            assertThat(training.train()).isTrue();
            Checkpoint last = CheckpointStore.read(training.run.last());
            assertThat(last.progress().step()).isEqualTo(6);
            new CheckpointStore(training.run, 1)
                    .save(
                            training.task::writeModel,
                            new Checkpoint(
                                    new Progress(2, batch, 6 + batch, 0.5, 1),
                                    last.parameters(),
                                    last.velocities(),
                                    last.average()));
        }
        try (Training training = new Training("run", true, dataset, settings)) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.steps).isEmpty();
            assertThat(training.evaluated).isEmpty();
            assertThat(training.firstStep).isEqualTo(training.totalSteps + 1);
        }
    }

    /** A task with a pixel that is not a number, which no image file can hold. */
    private record PoisonedTask(DetectionTask task, AtomicInteger batchesBefore)
            implements TrainingTask<DetectionTask.MatchedBatch> {

        @Override
        public List<BatchLoss> accumulate(DetectionTask.MatchedBatch batch) {
            if (batchesBefore.getAndDecrement() == 0) {
                batch.batch().pixels().put(77, Float.NaN);
            }
            return task.accumulate(batch);
        }

        @Override
        public Block network() {
            return task.network();
        }

        @Override
        public SgdOptimizer optimizer() {
            return task.optimizer();
        }

        @Override
        public int images() {
            return task.images();
        }

        @Override
        public int batches(int epoch) {
            return task.batches(epoch);
        }

        @Override
        public BatchSource<DetectionTask.MatchedBatch> load(int epoch, int firstBatch)
                throws IOException {
            return task.load(epoch, firstBatch);
        }

        @Override
        public Map<String, Double> evaluate() throws IOException, InterruptedException {
            return task.evaluate();
        }

        @Override
        public String score() {
            return task.score();
        }

        @Override
        public void writeModel(Path model, Map<String, Tensor> parameters) throws IOException {
            task.writeModel(model, parameters);
        }

        @Override
        public void checkModel(Path model) throws IOException {
            task.checkModel(model);
        }
    }

    @Test
    void aPixelThatIsNoNumberEndsTheTrainingAndNothingIsLost() throws Exception {
        String settings = "{\"epochs\": 2}";
        Map<String, Tensor> undisturbed = trained("undisturbed", settings);
        try (Training training = new Training("run", settings)) {
            Trainer<?> poisoned =
                    new Trainer<>(
                            training.configuration.loop(),
                            training.configuration
                                    .optimization()
                                    .rates(training.configuration.loop()),
                            new PoisonedTask(training.task, new AtomicInteger(4)),
                            training.lock,
                            training);
            assertThatThrownBy(poisoned::train)
                    .isInstanceOf(TrainingException.class)
                    .hasMessageMatching(
                            "the (loss|gradient) is not finite at step 5, images \\[[1-5](, [1-5])?\\];"
                                    + " the last good checkpoint is .*, of step 3; .*");
        }
        try (Training training = new Training("run", settings)) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.detector.copyParameters()).isEqualTo(undisturbed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"epochs\": 2}", "{\"steps\": 2}"})
    void dataSetWithoutAGoodImageIsAnErrorAndNoEndlessLoop(String length) throws Exception {
        DetectionDataset dataset = drawings.dataset();
        for (int id = 1; id <= 5; id++) {
            Files.delete(folder.resolve("images/" + id + ".png"));
        }
        try (Training training = new Training("bad", true, dataset, length)) {
            assertThatThrownBy(training::train)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("none of the 5 training images")
                    .hasMessageContaining(".png")
                    .hasMessageNotContaining("\n");
        }
        try (Training training = new Training("none", true, dataset.subset(0), length)) {
            assertThatThrownBy(training::train)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no images");
        }
    }

    @Test
    void checkpointOfAnotherNetworkIsRefused() throws Exception {
        trained("run", "{\"epochs\": 1}");
        try (Training training = new Training("run", "{\"epochs\": 1, \"pyramidChannels\": 16}")) {
            assertThatThrownBy(training::resume)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(training.run.last().toString())
                    .hasMessageContaining("pyramid");
        }
        try (Training training = new Training("fresh", "{\"epochs\": 1}")) {
            assertThatThrownBy(training::resume)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no checkpoint");
        }
    }

    @Test
    void finishedTrainingThatIsResumedStaysAsItIs() throws Exception {
        Map<String, Tensor> finished = trained("run", "{\"epochs\": 1}");
        try (Training training = new Training("run", "{\"epochs\": 1}")) {
            training.resume();
            assertThat(training.train()).isTrue();
            assertThat(training.steps).isEmpty();
            assertThat(CheckpointStore.read(training.run.last()).parameters()).isEqualTo(finished);
        }
    }
}
