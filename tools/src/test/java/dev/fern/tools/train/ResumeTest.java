package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.pretrain.PretrainingConfiguration;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fern train --resume} accepts and what it refuses. */
class ResumeTest {

    @TempDir static Path trained;

    @TempDir Path folder;

    private Path run;

    @BeforeAll
    static void trainOneEpoch() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(trained, Split.TRAIN, 4);
        CommandRun training =
                TrainingProcess.inThisProcess(
                        trained, trained.resolve("run"), "--epochs=1", "--seed=3", "--lr=0.01");
        assertThat(training.status()).as(training.errors().toString()).isZero();
    }

    @BeforeEach
    void copyDataAndRun() throws IOException {
        run = folder.resolve("run");
        try (Stream<Path> files = Files.walk(trained)) {
            for (Path file : files.skip(1).toList()) {
                Files.copy(file, folder.resolve(trained.relativize(file)));
            }
        }
    }

    private CommandRun train(String... options) {
        return TrainingProcess.inThisProcess(folder, run, options);
    }

    private void assertRefused(CommandRun refused, String... parts) {
        assertThat(refused.status()).as(refused.errors().toString()).isEqualTo(2);
        assertThat(refused.complaints()).singleElement().asString().contains(parts);
    }

    private JsonObject settings() throws IOException {
        return JsonParser.parseString(Files.readString(run.resolve("config.json")))
                .getAsJsonObject();
    }

    @Test
    void settingsThatAreNotGivenAreThoseOfTheRun() throws IOException {
        String before = Files.readString(run.resolve("config.json"));
        CommandRun resumed = train("--resume");
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(run.resolve("config.json")).hasContent(before);
        assertThat(settings().get("seed").getAsLong()).isEqualTo(3);
    }

    @Test
    void aBestModelThatIsLostIsNotAnnounced() throws IOException {
        try (Stream<Path> files = Files.list(run.resolve("best"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(run.resolve("best"));
        CommandRun resumed = train("--resume");
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(resumed.out()).isEmpty();
        assertThat(resumed.errors()).anyMatch(line -> line.contains("best is lost"));
    }

    @Test
    void settingsThatChangeTheResultAreRefusedByNameUnlessForced() throws IOException {
        assertRefused(
                train("--resume", "--seed=4", "--epochs=2", "--lr=0.01"),
                "config.json",
                "seed is 4, was 3",
                "epochs is 2, was 1",
                "--force");
        assertThat(settings().get("epochs").getAsInt()).isEqualTo(1);
        CommandRun forced = train("--resume", "--seed=4", "--epochs=2", "--force");
        assertThat(forced.status()).as(forced.errors().toString()).isZero();
        assertThat(forced.errors()).anyMatch(line -> line.startsWith("step 4/4"));
        assertThat(settings().get("epochs").getAsInt()).isEqualTo(2);
        assertRefused(train("--force"), "--force needs --resume");
    }

    @Test
    void settingsThatDoNotChangeTheResultMayChange() throws IOException {
        CommandRun resumed =
                train("--resume", "--keep-checkpoints=5", "--set=evaluateEvery=7", "--patience=3");
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(settings().get("keepCheckpoints").getAsInt()).isEqualTo(5);
    }

    @Test
    void otherDataAreRefusedUnlessForced() throws IOException {
        Path annotations = folder.resolve("annotations/instances_train.json");
        assertRefused(
                train("--resume", "--limit-train=3"),
                "data.json",
                "the training annotations have 3 images",
                "had 4 images");
        Files.writeString(
                annotations,
                Files.readString(annotations).replaceFirst("\"bbox\":\\s*\\[", "\"bbox\": [1"));
        assertRefused(
                train("--resume"),
                "the training annotations have 4 images",
                "the validation annotations have 4 images");
        CommandRun forced = train("--resume", "--force");
        assertThat(forced.status()).as(forced.errors().toString()).isZero();
        assertThat(train("--resume").status()).isZero();
    }

    @Test
    void aRunWhoseSettingsOrDataAreNotKnownIsRefused() throws IOException {
        for (String file : new String[] {"data.json", "config.json"}) {
            Path place = run.resolve(file);
            String content = Files.readString(place);
            Files.writeString(place, content.substring(0, content.length() / 2));
            assertRefused(train("--resume"), place.toString());
            Files.delete(place);
            assertRefused(train("--resume"), place.toString(), "is lost", "--force");
            Files.writeString(place, content);
        }
        Files.delete(run.resolve("data.json"));
        Files.delete(run.resolve("config.json"));
        CommandRun forced = train("--resume", "--force", "--epochs=1", "--seed=3", "--lr=0.01");
        assertThat(forced.status()).as(forced.errors().toString()).isZero();
        assertThat(train("--resume").status()).isZero();
    }

    @Test
    void settingsThatFernTrainDoesNotKnowAreRefusedWithTheirFile() throws IOException {
        Path file = run.resolve("config.json");
        Files.writeString(file, PretrainingConfiguration.of(List.of()).toJson());
        assertRefused(train("--resume"), file.toString(), "unknown setting 'stem'");
    }

    @Test
    void anAutomaticBatchSizeIsMeasuredOnceAndKept() throws IOException {
        run = folder.resolve("automatic");
        String[] options = {"--batch-size=auto", "--limit-train=1", "--epochs=1"};
        CommandRun training = train(options);
        assertThat(training.status()).as(training.errors().toString()).isZero();
        assertThat(training.errors())
                .anyMatch(line -> line.startsWith("batch size 1: a step takes"));
        assertThat(settings().get("batchSize").getAsInt()).isEqualTo(1);
        CommandRun resumed = train("--resume", options[0], options[1]);
        assertThat(resumed.status()).as(resumed.errors().toString()).isZero();
        assertThat(resumed.errors()).noneMatch(line -> line.startsWith("batch size"));
    }
}
