package dev.fern.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.detection.worker.Rings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that share a training, each a thread here with a network of its own. */
class SharedTrainingTest {

    private static final int STEPS = 12;

    @TempDir Path folder;

    private PhotoDatabase photos;
    private LoaderOptions loading = new LoaderOptions(1, 2, false);

    /** Undone by each training: what to do on the leader's thread after each step. */
    private Consumer<TrainingListener.Step> onStep = step -> {};

    private final List<TrainingListener.Step> steps = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private Training leader;

    @BeforeEach
    void makePhotos() throws Exception {
        photos = PhotoDatabase.create(folder, 7); // so that batches of 3 leave one image over
    }

    private TrainingBuilder builder(String run) throws IOException {
        steps.clear();
        skipped.clear();
        return Training.builder(folder.resolve(run))
                .data(photos.files())
                .settings(photos.settings(1))
                .setting("steps", STEPS)
                .setting("batchSize", 3)
                .setting("learningRate", 0.01)
                .setting("warmupSteps", 5)
                .setting("brightness", 0.2)
                .setting("emaDecay", 0.9)
                .loading(loading)
                .listener(
                        new TrainingListener() {
                            @Override
                            public void step(Step step) {
                                steps.add(step);
                                onStep.accept(step);
                            }

                            @Override
                            public void skipped(String reason) {
                                skipped.add(reason);
                            }
                        });
    }

    private TrainingResult alone(TrainingBuilder builder) throws Exception {
        leader = builder.build();
        return leader.run();
    }

    /** Trains with so many workers, and returns what the leader's training came to. */
    private TrainingResult shared(int workers, TrainingBuilder builder) throws Exception {
        try (Rings rings = Rings.of(workers)) {
            List<Future<TrainingResult>> ends =
                    rings.start(
                            ring -> {
                                try (ring) {
                                    if (ring.rank() == 0) {
                                        leader = builder.workers(ring).build();
                                        return leader.run();
                                    }
                                    new TrainingWorker(this::images, loading).run(ring);
                                    return null;
                                }
                            });
            TrainingResult result = ends.get(0).get();
            for (Future<TrainingResult> end : ends) {
                end.get();
            }
            return result;
        } catch (java.util.concurrent.ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private LabelledImages images() throws IOException {
        return LabelledImages.open(
                photos.files(), ImageReader.standard(), loading.skipBadImages(), 0);
    }

    private Map<String, Tensor> parameters(String run, String file) throws IOException {
        return SafeTensors.read(folder.resolve(run).resolve("last").resolve(file));
    }

    /** Returns the distance of two vectors of all parameters, relative to the second one. */
    private static double distance(Map<String, Tensor> one, Map<String, Tensor> other) {
        double difference = 0;
        double norm = 0;
        for (Map.Entry<String, Tensor> entry : other.entrySet()) {
            float[] a = one.get(entry.getKey()).data();
            float[] b = entry.getValue().data();
            for (int i = 0; i < b.length; i++) {
                difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
                norm += b[i] * (double) b[i];
            }
        }
        return Math.sqrt(difference / norm);
    }

    private void assertSameBits(String one, String other) {
        for (String file :
                List.of(
                        "parameters.safetensors",
                        "trained.safetensors",
                        "optimizer.safetensors",
                        "progress.json")) {
            assertThat(folder.resolve(one).resolve("last").resolve(file))
                    .as(file)
                    .hasSameBinaryContentAs(folder.resolve(other).resolve("last").resolve(file));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anyNumberOfWorkersTrainsWhatOneDoes(int accumulate) throws Exception {
        UnaryOperator<TrainingBuilder> settings =
                builder -> builder.setting("accumulate", accumulate).setting("steps", STEPS);
        alone(settings.apply(builder("one")));
        List<TrainingListener.Step> ofOne = List.copyOf(steps);
        Map<String, Tensor> one = parameters("one", "trained.safetensors");
        for (int workers : new int[] {2, 4}) {
            assertThat(shared(workers, settings.apply(builder("run" + workers))).finished())
                    .isTrue();
            Map<String, Tensor> all = parameters("run" + workers, "trained.safetensors");
            double distance = distance(all, one);
            System.out.printf(
                    "%d workers, accumulate %d: distance %.2e%n", workers, accumulate, distance);
            assertThat(distance).isLessThan(1e-5);
            assertThat(steps).hasSameSizeAs(ofOne);
            for (int i = 0; i < steps.size(); i++) {
                assertThat(steps.get(i).images()).isEqualTo(ofOne.get(i).images());
                assertThat(steps.get(i).counts()).isEqualTo(ofOne.get(i).counts());
                assertThat(steps.get(i).loss() / ofOne.get(i).loss()).isBetween(0.9999, 1.0001);
            }
        }
        shared(2, settings.apply(builder("again")));
        assertSameBits("again", "run2");
    }

    /** So many steps that worker 1 has to forget what its device tells of them. */
    @Test
    @Tag("device")
    void workersWhoseTrainingStaysOnTheDeviceTrainWhatOneDoes() throws Exception {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        UnaryOperator<TrainingBuilder> settings =
                builder -> builder.setting("engine", "PyTorch").setting("steps", 24);
        System.setProperty(EngineBridge.OPERATORS, "true");
        try {
            alone(settings.apply(builder("one")));
            List<TrainingListener.Step> ofOne = List.copyOf(steps);
            shared(2, settings.apply(builder("two")));
            assertThat(steps).hasSize(24).hasSameSizeAs(ofOne);
            for (int i = 0; i < steps.size(); i++) {
                assertThat(steps.get(i).loss() / ofOne.get(i).loss()).isBetween(0.9999, 1.0001);
            }
            assertThat(
                            distance(
                                    parameters("two", "trained.safetensors"),
                                    parameters("one", "trained.safetensors")))
                    .isLessThan(1e-4);
            shared(2, settings.apply(builder("again")));
            assertSameBits("again", "two");
        } finally {
            System.clearProperty(EngineBridge.OPERATORS);
        }
    }

    @Test
    void aTrainingGoesOnWithAnotherNumberOfWorkers() throws Exception {
        alone(builder("one"));
        onStep =
                step -> {
                    if (step.step() == 4 || step.step() == 9) {
                        leader.requestStop();
                    }
                };
        assertThat(shared(3, builder("shared")).finished()).isFalse();
        assertThat(shared(2, builder("shared").resume()).finished()).isFalse();
        assertThat(alone(builder("shared").resume()).finished()).isTrue();
        assertThat(
                        distance(
                                parameters("shared", "trained.safetensors"),
                                parameters("one", "trained.safetensors")))
                .isLessThan(1e-5);
    }

    @Test
    void aStopLeavesNoTraceInTheBits() throws Exception {
        shared(2, builder("straight"));
        onStep =
                step -> {
                    if (step.step() == 5) {
                        leader.requestStop();
                    }
                };
        assertThat(shared(2, builder("stopped")).finished()).isFalse();
        assertThat(shared(2, builder("stopped").resume()).finished()).isTrue();
        assertSameBits("stopped", "straight");
    }

    @Test
    void aWorkerThatIsLostEndsTheTrainingWithACheckpointFromWhichItGoesOn() throws Exception {
        shared(2, builder("straight"));
        try (Rings rings = Rings.of(2)) {
            CompletableFuture<Future<TrainingResult>> follower = new CompletableFuture<>();
            onStep =
                    step -> {
                        if (step.step() == 5) {
                            follower.join().cancel(true);
                        }
                    };
            List<Future<TrainingResult>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 0) {
                                    return builder("lost").workers(ring).build().run();
                                }
                                try (ring) { // as the end of a process does
                                    new TrainingWorker(this::images, loading).run(ring);
                                    return null;
                                }
                            });
            follower.complete(ends.get(1));
            assertThatThrownBy(() -> ends.get(0).get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(LostWorkerException.class)
                    .hasMessageContaining("lost worker 1 ");
        }
        onStep = step -> {};
        assertThat(folder.resolve("lost/last/progress.json")).exists();
        shared(2, builder("lost").resume());
        assertSameBits("lost", "straight");
    }

    @Test
    void imagesThatCannotBeUsedAreLeftOutByWhicheverWorkerHasThem() throws Exception {
        for (int id : new int[] {2, 5, 6}) {
            Files.write(photos.images().resolve(id + ".png"), new byte[] {1, 2, 3});
        }
        assertThatThrownBy(() -> shared(3, builder("strict").setting("seed", 3)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(".png");
        loading = new LoaderOptions(1, 2, true);
        alone(builder("one"));
        List<String> ofOne = skipped.stream().sorted().toList();
        assertThat(ofOne).hasSizeBetween(0, 3);
        shared(3, builder("three"));
        assertThat(skipped.stream().sorted()).isEqualTo(ofOne);
        assertThat(
                        distance(
                                parameters("three", "trained.safetensors"),
                                parameters("one", "trained.safetensors")))
                .isLessThan(1e-5);
    }

    @Test
    void aLossThatIsNotFiniteEndsTheTrainingOnAllWorkers() throws Exception {
        assertThatThrownBy(
                        () ->
                                shared(
                                        3,
                                        builder("diverged")
                                                .setting("learningRate", 1e30)
                                                .setting("clipNorm", 0)
                                                .setting("warmupSteps", 0)))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("is not finite at step ");
    }

    @Test
    void aWorkerWithOtherImagesIsRefused() throws Exception {
        try (Rings rings = Rings.of(2)) {
            List<Future<TrainingResult>> ends =
                    rings.start(
                            ring -> {
                                if (ring.rank() == 0) {
                                    return builder("other").workers(ring).build().run();
                                }
                                new TrainingWorker(
                                                () ->
                                                        LabelledImages.open(
                                                                photos.files(),
                                                                ImageReader.standard(),
                                                                false,
                                                                6),
                                                loading)
                                        .run(ring);
                                return null;
                            });
            assertThatThrownBy(() -> ends.get(0).get())
                    .cause()
                    .isInstanceOf(TrainingRefusedException.class)
                    .hasMessageContaining("worker 1 can't take part: ")
                    .hasMessageContaining("has 6 images")
                    .hasMessageContaining("that of worker 0 7 images");
        }
    }

    @Test
    void batchNormIsRefusedUnlessItIsAskedFor() throws Exception {
        assertThatThrownBy(() -> shared(2, builder("refused").setting("norm", "bn")))
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("norm 'bn' mixes the images of a batch")
                .hasMessageContaining("--allow-batch-dependence");
        assertThat(folder.resolve("refused")).doesNotExist();
        alone(builder("one").setting("norm", "bn"));
        shared(2, builder("two").setting("norm", "bn").allowBatchDependence());
        double distance =
                distance(
                        parameters("two", "trained.safetensors"),
                        parameters("one", "trained.safetensors"));
        System.out.printf("2 workers, batch norm: distance %.2e%n", distance);
        assertThat(distance).isGreaterThan(1e-3);
    }
}
