package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.Training;
import dev.fern.detection.TrainingBuilder;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.train.TrainingListener;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands and programs work on the same runs. */
class JavaTrainingTest {

    @TempDir Path folder;

    private Path command;
    private Path program;

    @BeforeEach
    void makeData() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 6);
        command = folder.resolve("command");
        program = folder.resolve("program");
    }

    /** Describes the training of {@link TrainingProcess#arguments} for two epochs. */
    private TrainingBuilder builder() throws Exception {
        LabelledImages images =
                LabelledImages.open(
                        AnnotatedFolder.read(
                                folder.resolve("annotations/instances_train.json"),
                                folder.resolve("train")));
        return Training.builder(program)
                .data(images)
                .validation(images)
                .setting("width", 0.1)
                .setting("minSize", 64)
                .setting("maxSize", 64)
                .setting("pyramidChannels", 8)
                .setting("headConvolutions", 0)
                .setting("epochs", 2);
    }

    @Test
    void aProgramLeavesTheRunOfTheCommand() throws Exception {
        builder().build().run();
        CommandRun same = TrainingProcess.inThisProcess(folder, command, "--epochs=2");
        assertThat(same.status()).as(same.errors().toString()).isZero();
        for (String file :
                new String[] {
                    "config.json",
                    "data.json",
                    "detections.json",
                    "best/model.json",
                    "best/parameters.safetensors",
                    "last/parameters.safetensors",
                    "last/optimizer.safetensors",
                    "last/progress.json"
                }) {
            assertThat(program.resolve(file))
                    .as(file)
                    .hasSameBinaryContentAs(command.resolve(file));
        }
    }

    @Test
    void theCommandGoesOnWithTheRunOfAProgramAndReportsIt() throws Exception {
        AtomicReference<Training> training = new AtomicReference<>();
        TrainingListener stop =
                new TrainingListener() {
                    @Override
                    public void step(Step step) {
                        training.get().requestStop();
                    }
                };
        training.set(builder().listener(stop).build());
        assertThat(training.get().run().finished()).isFalse();
        CommandRun early = CommandRun.of("report", program.toString());
        assertThat(early.status()).as(early.errors().toString()).isZero();

        CommandRun resumed = TrainingProcess.inThisProcess(folder, program, "--resume");
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        CommandRun whole = TrainingProcess.inThisProcess(folder, command, "--epochs=2");
        assertThat(whole.status()).as(whole.errors().toString()).isZero();
        assertThat(program.resolve("last/parameters.safetensors"))
                .hasSameBinaryContentAs(command.resolve("last/parameters.safetensors"));

        CommandRun report = CommandRun.of("report", program.toString());
        assertThat(report.status()).as(report.errors().toString()).isZero();
        assertThat(program.resolve("report.html")).isNotEmptyFile();
    }

    @Test
    void theCommandDoesNotGoOnWithoutTheScheduleOfAProgram() throws Exception {
        builder().schedule((step, totalSteps) -> 0.001).build().run();
        CommandRun refused = TrainingProcess.inThisProcess(folder, program, "--resume");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("the run has a program's own learning rate schedule", "--force");
        assertThat(Files.readString(program.resolve("own.json"))).contains("\"schedule\":true");
    }
}
