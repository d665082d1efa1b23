package dev.fern.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.ImageAugmentation.LabelledBox;
import dev.fern.detection.data.ImageAugmentation.Picture;
import dev.fern.detection.data.LabelledRows;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.TrainingException;
import dev.fern.detection.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingTest {

    @TempDir Path folder;

    private PhotoDatabase photos;
    private Path run;

    @BeforeEach
    void makePhotos() throws Exception {
        photos = PhotoDatabase.create(folder, 6);
        run = folder.resolve("run");
    }

    private TrainingBuilder builder() throws IOException {
        return Training.builder(run).data(photos.files()).settings(photos.settings(2));
    }

    @Test
    void aTrainingNeedsNothingButData() throws Exception {
        assertThatThrownBy(() -> Training.builder(run).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a training needs data");
        assertThat(Training.builder(run).data(photos.files()).build().configuration().toJson())
                .isEqualTo(TrainingConfiguration.of(List.of()).toJson());
        assertThat(run).doesNotExist();
    }

    @Test
    void settingsAreCheckedByName() throws Exception {
        assertThatThrownBy(() -> builder().setting("epoch", 3).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown setting 'epoch'")
                .hasMessageContaining("epochs");
        assertThatThrownBy(() -> builder().setting("patience", 2).build())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("no validation images");
        for (double rate : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> builder().setting("learningRate", rate))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("learningRate must be finite, not " + rate);
        }
        assertThatThrownBy(() -> builder().setting("epochs", null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("epochs");
        assertThatThrownBy(
                        () ->
                                builder()
                                        .setting("devices", "cpu")
                                        .setting("engine", "Abacus")
                                        .build()
                                        .run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageStartingWith("engine 'Abacus' is not available; use one of ");
        assertThat(run).doesNotExist();
    }

    @Test
    void aFolderThatHoldsATrainingIsResumedOrRefused() throws Exception {
        TrainingResult result = builder().build().run();
        assertThat(result.finished()).isTrue();
        assertThat(result.model()).isEqualTo(run.resolve("last"));
        assertThatThrownBy(() -> builder().build())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("holds a training already");
        assertThatThrownBy(() -> builder().resume().setting("seed", 5).build().run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("seed is 5, was 1");
        LabelledRows fewer =
                LabelledRows.builder("few")
                        .category(1, "red")
                        .category(2, "blue")
                        .image(1, () -> Files.readAllBytes(photos.images().resolve("1.png")))
                        .box(1, 1, 2, 2, 20, 20)
                        .build();
        assertThatThrownBy(() -> Training.builder(run).data(fewer).resume().build().run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("have 1 images, 1 boxes")
                .hasMessageContaining("had 6 images, 12 boxes");
        assertThatThrownBy(
                        () ->
                                Training.builder(folder.resolve("other"))
                                        .data(photos.files())
                                        .resume()
                                        .build())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("no checkpoint to resume from");
    }

    @Test
    void partsOfAProgramAreNotLeftOutOrPutInWhenARunIsResumed() throws Exception {
        ImageAugmentation same = (picture, occasion) -> picture;
        stoppedAfter(1, builder().augmentation(same).schedule((step, total) -> 0.001));
        assertThatThrownBy(() -> builder().augmentation(same).resume().build().run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("the run has a program's own learning rate schedule");
        assertThatThrownBy(() -> builder().schedule((step, total) -> 0.001).resume().build().run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("the run has a program's own augmentation");
        assertThat(
                        builder()
                                .augmentation(same)
                                .schedule((step, total) -> 0.001)
                                .resume()
                                .build()
                                .run()
                                .finished())
                .isTrue();

        run = folder.resolve("plain");
        stoppedAfter(1, builder());
        assertThat(run.resolve("own.json")).doesNotExist();
        assertThatThrownBy(() -> builder().augmentation(same).resume().build().run())
                .isInstanceOf(TrainingRefusedException.class)
                .hasMessageContaining("began without a program's own augmentation");
        assertThat(builder().augmentation(same).start(RunStart.FORCED).build().run().finished())
                .isTrue();
    }

    /** Trains until a step was taken, and stops. */
    private static void stoppedAfter(int steps, TrainingBuilder builder) throws Exception {
        Training[] training = new Training[1];
        builder.listener(
                new TrainingListener() {
                    @Override
                    public void step(Step step) {
                        if (step.step() == steps) {
                            training[0].requestStop();
                        }
                    }
                });
        training[0] = builder.build();
        assertThat(training[0].run().finished()).isFalse();
    }

    @Test
    void aTrainingThatWasAskedToStopBeforeItRanTakesNoStep() throws Exception {
        Training training = builder().build();
        training.requestStop();
        TrainingResult result = training.run();
        assertThat(result.finished()).isFalse();
        assertThat(run.resolve("metrics.jsonl")).isEmptyFile();
    }

    @Test
    void theListenerIsToldWhatTheCommandPrints() throws Exception {
        List<String> notes = new ArrayList<>();
        List<String> events = new ArrayList<>();
        LabelledRows val =
                LabelledRows.builder("val")
                        .category(7, "Red")
                        .category(8, "green")
                        .image(1, () -> Files.readAllBytes(photos.images().resolve("1.png")))
                        .box(1, 7, 2, 2, 20, 20)
                        .box(1, 8, 2, 2, 20, 20)
                        .build();
        builder()
                .validation(val)
                .listener(
                        new TrainingListener() {
                            @Override
                            public void note(String line) {
                                notes.add(line);
                            }

                            @Override
                            public void started(long firstStep, long totalSteps) {
                                events.add("started " + firstStep + " " + totalSteps);
                            }

                            @Override
                            public void evaluated(
                                    int epoch, Map<String, Double> numbers, boolean best) {
                                events.add("evaluated " + epoch + " " + numbers.size());
                            }
                        })
                .build()
                .run();
        assertThat(notes)
                .contains(
                        "training on 6 images, validating on 1, 2 categories",
                        "warning: the training set lacks categories of val, whose boxes count as"
                                + " missed: green (1)")
                .anyMatch(line -> line.contains("'red' and 'Red' 1 and 7"));
        assertThat(events).containsExactly("started 1 6", "evaluated 1 12", "evaluated 2 12");
    }

    @Test
    void aScheduleThatGivesNoRateEndsTheTraining() throws Exception {
        Training training =
                builder().schedule((step, total) -> step < 2 ? 0.001 : Double.NaN).build();
        assertThatThrownBy(training::run)
                .isInstanceOf(TrainingException.class)
                .hasMessage(
                        "the schedule gives the learning rate NaN for step 2 (from 0) of 6; it"
                                + " must be finite and at least 0; there is no checkpoint yet");
    }

    @Test
    void aListenerThatFailsLeavesACheckpoint() throws Exception {
        Training training =
                builder()
                        .listener(
                                new TrainingListener() {
                                    @Override
                                    public void step(Step step) {
                                        if (step.step() == 4) {
                                            throw new IllegalStateException("no more paper");
                                        }
                                    }
                                })
                        .build();
        assertThatThrownBy(training::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no more paper");
        assertThat(run.resolve("last/progress.json")).content().contains("\"step\":4");
        assertThatThrownBy(training::run).hasMessageContaining("runs once");
        assertThat(builder().resume().build().run().finished()).isTrue();
        Path resumed = run.resolve("last/parameters.safetensors");
        run = folder.resolve("undisturbed");
        builder().build().run();
        assertThat(run.resolve("last/parameters.safetensors")).hasSameBinaryContentAs(resumed);
    }

    @Test
    void anAugmentationSeesEveryImageInEveryEpochWithItsOwnRandomNumbers() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        ImageAugmentation spy =
                (picture, occasion) -> {
                    seen.add(
                            occasion.epoch()
                                    + " "
                                    + occasion.imageId()
                                    + " "
                                    + occasion.random().nextLong());
                    assertThat(occasion.seed()).isEqualTo(1);
                    assertThat(picture.boxes()).hasSize(2);
                    return picture;
                };
        builder().augmentation(spy).loading(new LoaderOptions(1, 1, false)).build().run();
        assertThat(seen).hasSize(12);
        Set<String> before = new TreeSet<>(seen);
        seen.clear();
        run = folder.resolve("again");
        builder().augmentation(spy).loading(new LoaderOptions(3, 7, false)).build().run();
        assertThat(new TreeSet<>(seen)).isEqualTo(before);
        // One that changes nothing leaves the training as it would be without.
        Path with = run.resolve("last/parameters.safetensors");
        run = folder.resolve("without");
        builder().build().run();
        assertThat(run.resolve("last/parameters.safetensors")).hasSameBinaryContentAs(with);
    }

    /** What an augmentation must not do, and what the error says of it. */
    static Stream<Arguments> faults() {
        return Stream.of(
                fault("returned no image", picture -> null),
                fault(
                        "failed: java.lang.IllegalStateException: no more ink",
                        picture -> {
                            throw new IllegalStateException("no more ink");
                        }),
                fault(
                        "returned an image of 32 x 64 pixels in place of 64x64",
                        picture ->
                                new Picture(picture.image().crop(0, 0, 32, 64), picture.boxes())),
                fault("has no area", picture -> boxed(picture, 5, 5, 5, 9, 0)),
                fault("has no area", picture -> boxed(picture, 5, 5, Float.NaN, 9, 0)),
                fault(
                        "has no area",
                        picture -> boxed(picture, 5, 5, Float.POSITIVE_INFINITY, 9, 0)),
                fault("lies outside its image", picture -> boxed(picture, 64, 5, 70, 9, 0)),
                fault("a label that is not 0 to 1", picture -> boxed(picture, 5, 5, 9, 9, 2)),
                fault("a label that is not 0 to 1", picture -> boxed(picture, 5, 5, 9, 9, -1)));
    }

    private interface Change {
        Picture of(Picture picture);
    }

    private static Arguments fault(String message, Change change) {
        return Arguments.of(message, change);
    }

    private static Picture boxed(
            Picture picture, float x1, float y1, float x2, float y2, int label) {
        return new Picture(picture.image(), List.of(new LabelledBox(x1, y1, x2, y2, label)));
    }

    /** Images that can't be used are skipped here, but this is no fault of the image. */
    @ParameterizedTest
    @MethodSource("faults")
    void anAugmentationThatFailsIsBlamedWithTheImage(String message, Change change)
            throws Exception {
        Training training =
                builder()
                        .augmentation(
                                (picture, occasion) ->
                                        occasion.epoch() == 1 && occasion.imageId() == 4
                                                ? change.of(picture)
                                                : picture)
                        .loading(new LoaderOptions(2, 5, true))
                        .build();
        assertThatThrownBy(training::run)
                .isExactlyInstanceOf(IOException.class)
                .hasMessageStartingWith(
                        photos.images().resolve("4.png") + " (image id 4): the augmentation ")
                .hasMessageContaining(message)
                .hasMessageEndingWith("(epoch 2)");
        assertThat(run.resolve("last/progress.json")).exists();
    }

    @Test
    void anImageThatAnAugmentationMakesIsTrainedOnWithItsBoxes() throws Exception {
        // Upside down twice is as it was.
        ImageAugmentation twice =
                (picture, occasion) -> {
                    Picture once = DatabaseTraining.upsideDown(picture);
                    try {
                        return DatabaseTraining.upsideDown(once);
                    } finally {
                        once.image().close();
                    }
                };
        builder().augmentation(twice).build().run();
        Path with = run.resolve("last/parameters.safetensors");
        run = folder.resolve("without");
        builder().build().run();
        assertThat(run.resolve("last/parameters.safetensors")).hasSameBinaryContentAs(with);
        run = folder.resolve("once");
        builder()
                .augmentation((picture, occasion) -> DatabaseTraining.upsideDown(picture))
                .build()
                .run();
        assertThat(Files.readAllBytes(run.resolve("last/parameters.safetensors")))
                .isNotEqualTo(Files.readAllBytes(with));
    }

    @Test
    void aLostConnectionEndsTheTrainingEvenWhereBadImagesAreSkipped() throws Exception {
        int[] calls = new int[1];
        byte[] bytes = Files.readAllBytes(photos.images().resolve("1.png"));
        LabelledRows rows =
                LabelledRows.builder("table photo")
                        .category(1, "red")
                        .image(
                                9,
                                () -> {
                                    if (++calls[0] > 2) {
                                        throw new SQLException("connection reset");
                                    }
                                    return bytes;
                                })
                        .box(9, 1, 2, 2, 20, 20)
                        .build();
        Training training =
                Training.builder(run)
                        .data(rows)
                        .settings(photos.settings(3))
                        .loading(new LoaderOptions(1, 1, true))
                        .build();
        assertThatThrownBy(training::run)
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("table photo, row 9: can't be read: connection reset")
                .hasCauseInstanceOf(SQLException.class);
        assertThat(run.resolve("last/progress.json")).exists();
    }
}
