package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.detection.train.Trainer;
import dev.fern.detection.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassificationTaskTest {

    private static final LoaderOptions LOADING = new LoaderOptions(2, 4, false);

    @TempDir Path folder;

    private static PretrainingConfiguration settings(String more) {
        return PretrainingConfiguration.of(
                List.of(
                        JsonParser.parseString(
                                        """
                                        {"width": 0.125, "stem": "cifar", "inputSize": 32,
                                         "evaluationCrop": 1, "cropArea": [0.5, 1],
                                         "batchSize": 8, "warmupSteps": 5, "learningRate": 0.05}
                                        """)
                                .getAsJsonObject(),
                        JsonParser.parseString(more).getAsJsonObject()));
    }

    private ClassificationDataset images(String name, int each, long seed) throws IOException {
        return ClassificationDataset.open(
                ClassFolders.draw(folder.resolve(name), each, seed), ImageReader.standard(), false);
    }

    private static ClassificationScores score(Classifier classifier, ClassificationDataset images)
            throws IOException, InterruptedException {
        return DatasetClassification.run(
                classifier,
                images,
                8,
                LOADING,
                done -> {},
                bad -> {
                    throw new IllegalStateException(bad);
                });
    }

    /** Notes what a training tells. */
    private static final class Told implements TrainingListener {

        final List<Step> steps = new ArrayList<>();
        final List<Map<String, Double>> evaluations = new ArrayList<>();
        Consumer<Step> onStep = step -> {};

        @Override
        public void started(long firstStep, long totalSteps) {}

        @Override
        public void step(Step step) {
            steps.add(step);
            onStep.accept(step);
        }

        @Override
        public void evaluated(int epoch, Map<String, Double> numbers, boolean best) {
            evaluations.add(numbers);
        }

        @Override
        public void skipped(String reason) {}
    }

    @Test
    void aSmallNetworkLearnsToTellShapesApart() throws Exception {
        ClassificationDataset train = images("train", 24, 1);
        ClassificationDataset val = images("val", 10, 2);
        PretrainingConfiguration settings =
                settings(
                        "{\"epochs\": 10, \"batchSize\": 6, \"learningRate\": 0.03,"
                                + " \"labelSmoothing\": 0, \"clipNorm\": 10}");
        RunDirectory run = RunDirectory.create(folder.resolve("run"));
        Told told = new Told();
        try (RunLock lock = run.lock();
                Classifier classifier = settings.newClassifier(train.classes());
                ClassificationTask task =
                        new ClassificationTask(
                                settings, classifier, train, c -> score(c, val), LOADING)) {
            assertThat(
                            new Trainer<>(
                                            settings.loop(),
                                            settings.optimization().rates(settings.loop()),
                                            task,
                                            lock,
                                            told)
                                    .train())
                    .isTrue();
        }
        assertThat(told.steps).hasSize(10 * 12);
        assertThat(told.steps.get(0).losses()).containsOnlyKeys("cross-entropy");
        assertThat(told.evaluations).hasSize(10);
        try (Classifier best = Classifier.load(run.best(), "MXNet", Device.cpu())) {
            ClassificationScores scores = score(best, val);
            assertThat(scores.top1()).isGreaterThan(0.9);
            assertThat(scores.top5()).isEqualTo(1);
            assertThat(scores.images()).isEqualTo(30);
            assertThat(told.evaluations)
                    .extracting(numbers -> numbers.get(ClassificationScores.TOP1))
                    .allSatisfy(top1 -> assertThat(top1).isLessThanOrEqualTo(scores.top1()))
                    .contains(scores.top1());
        }
    }

    @Test
    void aTrainingThatWasStoppedGoesOnAsIfItHadNotBeen() throws Exception {
        ClassificationDataset train = images("train", 8, 1);
        Map<String, Tensor> straight = trained(train, "straight", 0);
        Map<String, Tensor> stopped = trained(train, "stopped", 4);
        assertThat(stopped).isEqualTo(straight);
    }

    /** Trains nine steps in three epochs, interrupted after a step unless that is 0. */
    private Map<String, Tensor> trained(ClassificationDataset train, String name, int stopAfter)
            throws Exception {
        PretrainingConfiguration settings = settings("{\"epochs\": 3, \"brightness\": 0.2}");
        RunDirectory run = RunDirectory.create(folder.resolve(name));
        Told told = new Told();
        boolean finished = false;
        while (!finished) {
            boolean resumed = !told.steps.isEmpty();
            try (RunLock lock = run.lock();
                    Classifier classifier = settings.newClassifier(train.classes());
                    ClassificationTask task =
                            new ClassificationTask(
                                    settings, classifier, train, c -> score(c, train), LOADING)) {
                Trainer<?> trainer =
                        new Trainer<>(
                                settings.loop(),
                                settings.optimization().rates(settings.loop()),
                                task,
                                lock,
                                told);
                if (resumed) {
                    trainer.resume(problem -> assertThat(problem).isNull());
                }
                told.onStep =
                        step -> {
                            if (step.step() == stopAfter) {
                                trainer.requestStop();
                            }
                        };
                finished = trainer.train();
                assertThat(finished).isEqualTo(stopAfter == 0 || resumed);
            }
        }
        assertThat(told.steps)
                .extracting(TrainingListener.Step::step)
                .hasSize(9)
                .doesNotHaveDuplicates();
        try (Classifier last = Classifier.load(run.last(), "MXNet", Device.cpu())) {
            return ParameterValues.copyOf(last.network());
        }
    }

    /** Six images make six batches per epoch. */
    @ParameterizedTest(name = "accumulate {0}, {1} images damaged, stopped after step {2}")
    @CsvSource({"1, 0, 4", "1, 1, 5", "1, 1, 7", "1, 3, 4", "3, 0, 3", "3, 1, 2", "3, 3, 1"})
    void aTrainingEndsWithItsEpochsWhateverIsLeftOut(int accumulate, int damaged, int stop)
            throws Exception {
        ClassificationDataset train = images("train", 2, 1);
        for (int i = 0; i < damaged; i++) {
            Path file = folder.resolve("train").resolve(ClassFolders.CLASSES.get(i) + "/1.png");
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        }
        PretrainingConfiguration settings =
                settings("{\"epochs\": 3, \"batchSize\": 1, \"accumulate\": " + accumulate + "}");
        Told straight = new Told();
        Map<String, Tensor> parameters = leavingOut(settings, train, "straight", 0, straight);
        Told stopped = new Told();
        assertThat(leavingOut(settings, train, "stopped", stop, stopped)).isEqualTo(parameters);
        for (Told told : List.of(straight, stopped)) {
            assertThat(told.evaluations).hasSize(3);
            assertThat(told.steps.stream().mapToInt(TrainingListener.Step::images).sum())
                    .isEqualTo(3 * (6 - damaged));
            int planned = 3 * 6 / accumulate;
            LearningRateSchedule rates = settings.optimization().rates(settings.loop());
            assertThat(LongStream.range(0, planned).mapToObj(i -> rates.at(i, planned)).toList())
                    .containsSubsequence(
                            told.steps.stream().map(TrainingListener.Step::learningRate).toList());
            // The last epoch's rates are among those that are planned for it.
            assertThat(told.steps.stream().filter(step -> step.epoch() == 3))
                    .isNotEmpty()
                    .allSatisfy(
                            step ->
                                    assertThat(step.learningRate())
                                            .isLessThanOrEqualTo(
                                                    rates.at(planned * 2L / 3, planned)));
        }
    }

    /** Trains, interrupted after a step unless that is 0, and leaves out damaged images. */
    private Map<String, Tensor> leavingOut(
            PretrainingConfiguration settings,
            ClassificationDataset train,
            String name,
            int stop,
            Told told)
            throws Exception {
        ClassificationDataset val = images("val", 1, 2);
        RunDirectory run = RunDirectory.create(folder.resolve(name));
        boolean finished = false;
        while (!finished) {
            try (RunLock lock = run.lock();
                    Classifier classifier = settings.newClassifier(train.classes());
                    ClassificationTask task =
                            new ClassificationTask(
                                    settings,
                                    classifier,
                                    train,
                                    c -> score(c, val),
                                    new LoaderOptions(2, 4, true))) {
                Trainer<?> trainer =
                        new Trainer<>(
                                settings.loop(),
                                settings.optimization().rates(settings.loop()),
                                task,
                                lock,
                                told);
                if (!told.steps.isEmpty()) {
                    trainer.resume(problem -> assertThat(problem).isNull());
                }
                told.onStep =
                        step -> {
                            if (step.step() == stop) {
                                trainer.requestStop();
                            }
                        };
                finished = trainer.train();
            }
        }
        try (Classifier last = Classifier.load(run.last(), "MXNet", Device.cpu())) {
            return ParameterValues.copyOf(last.network());
        }
    }

    @ParameterizedTest
    @CsvSource({"frn, 2", "gn4, 3"})
    void splitBatchesTrainAsWholeOnes(String norm, int lanes) throws Exception {
        ClassificationDataset train = images("train", 5, 1);
        Map<String, Tensor> whole = trainedBy(norm, 1, 8, 1, train);
        assertAlike(trainedBy(norm, lanes, 8, 1, train), whole);
    }

    @Test
    void accumulatedSmallBatchesTrainAsOneLargeOne() throws Exception {
        ClassificationDataset train = images("train", 8, 1);
        assertAlike(trainedBy("frn", 1, 2, 4, train), trainedBy("frn", 1, 8, 1, train));
    }

    /** Returns the parameters after an epoch. */
    private Map<String, Tensor> trainedBy(
            String norm, int lanes, int batchSize, int accumulate, ClassificationDataset train)
            throws Exception {
        PretrainingConfiguration settings =
                settings(
                        String.format(
                                "{\"epochs\": 1, \"norm\": \"%s\", \"batchSize\": %d,"
                                        + " \"accumulate\": %d}",
                                norm, batchSize, accumulate));
        Path place = folder.resolve(norm + lanes + batchSize);
        try (RunLock lock = RunDirectory.create(place).lock();
                Classifier classifier = settings.newClassifier(train.classes());
                ClassificationTask task =
                        new ClassificationTask(
                                settings,
                                classifier,
                                train,
                                c -> score(c, train),
                                LOADING,
                                Collections.nCopies(lanes, Device.cpu()))) {
            new Trainer<>(
                            settings.loop(),
                            settings.optimization().rates(settings.loop()),
                            task,
                            lock,
                            new Told())
                    .train();
            return ParameterValues.copyOf(classifier.network());
        }
    }

    private static void assertAlike(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        double difference = 0;
        double size = 0;
        for (String name : expected.keySet()) {
            float[] values = expected.get(name).data();
            for (int i = 0; i < values.length; i++) {
                difference += Math.pow(actual.get(name).data()[i] - (double) values[i], 2);
                size += Math.pow(values[i], 2);
            }
        }
        assertThat(Math.sqrt(difference / size)).isLessThan(1e-5);
    }

    @Test
    void aTrainingOfOtherClassesIsNotGoneOnWith() throws Exception {
        ClassificationDataset train = images("train", 2, 1);
        PretrainingConfiguration settings = settings("{}");
        Path model = folder.resolve("model");
        ClassifierConfiguration other = settings.classifier(List.of("a", "b", "c"));
        try (Classifier classifier = settings.newClassifier(train.classes());
                ClassificationTask task =
                        new ClassificationTask(
                                settings, classifier, train, c -> score(c, train), LOADING)) {
            Files.createDirectories(model);
            ClassifierDirectory.writeInto(
                    model, other, ParameterValues.copyOf(classifier.network()));
            assertThatThrownBy(() -> task.checkModel(model))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            model + ": was trained on other classes; resume with the same data");
        }
    }
}
