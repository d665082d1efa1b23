package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A model of one training step, which finds something everywhere, and pictures for it. */
final class TestModel {

    private final Path folder;

    /** Trains the model in an empty folder. */
    TestModel(Path folder) throws IOException {
        this.folder = folder;
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 4);
        Path annotations = folder.resolve("annotations/instances_train.json");
        CommandRun run =
                CommandRun.of(
                        "train",
                        "--train-annotations=" + annotations,
                        "--train-images=" + folder.resolve("train"),
                        "--val-annotations=" + annotations,
                        "--val-images=" + folder.resolve("train"),
                        "--output=" + folder.resolve("run"),
                        "--set=pyramidChannels=8",
                        "--set=headConvolutions=0",
                        "--steps=1",
                        "--batch-size=2",
                        "--width=0.1",
                        "--min-size=64",
                        "--max-size=64");
        assertThat(run.status()).as(run.errors().toString()).isZero();
    }

    Path path() {
        return folder.resolve("run/last");
    }

    /** The four pictures, in the order of their names. */
    List<Path> pictures() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("train"))) {
            return files.sorted().toList();
        }
    }

    /** Copies a picture, from 0, to a file, whose folder is made. */
    Path copy(int picture, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.copy(pictures().get(picture), file);
    }

    /** Detects with a score threshold of 0. */
    CommandRun detect(Object... arguments) {
        return CommandRun.of(
                Stream.concat(
                                Stream.of("detect", "--model=" + path(), "--score-threshold=0"),
                                Stream.of(arguments).map(Object::toString))
                        .toArray(String[]::new));
    }

    /** Detects and reads the results file. */
    JsonArray results(Path json, Object... arguments) throws IOException {
        CommandRun run =
                detect(Stream.concat(Stream.of("--json=" + json), Stream.of(arguments)).toArray());
        assertThat(run.status()).as(run.errors().toString()).isZero();
        return read(json);
    }

    static JsonArray read(Path json) throws IOException {
        return JsonParser.parseString(Files.readString(json)).getAsJsonArray();
    }
}
