package dev.fern.detection.train;

import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of a training. It has the files {@code config.json}, {@code data.json}, {@code
 * metrics.jsonl} and {@code detections.json}, and the model directories {@code last} and {@code
 * best}. {@code last} also holds what it takes to resume the training; earlier ones of its kind are
 * in the folder {@code checkpoints}.
 *
 * @param path the folder
 */
public record RunDirectory(Path path) {

    /** Name of the file of a checkpoint that tells how far the training had come. */
    static final String PROGRESS_FILE = "progress.json";

    /**
     * A setting that is in the configuration of every detector's training, and one that is in that
     * of every classifier's: they tell a file of ours from one of the same name.
     */
    private static final List<String> OWN_SETTINGS =
            List.of("\"candidatesPerLevel\"", "\"labelSmoothing\"");

    private static final String CHECKPOINT_PREFIX = "step-";

    /**
     * Looks at a folder without changing anything.
     *
     * @param path need not be there
     * @return the folder
     * @throws IOException naming the path if it is a file
     */
    public static RunDirectory open(Path path) throws IOException {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IOException(path + ": is a file, not a folder to write to");
        }
        return new RunDirectory(path);
    }

    /**
     * Creates a folder if it is missing, and checks that it can be written to.
     *
     * @param path need not be there, nor the folders above it
     * @return the folder
     * @throws IOException naming the path if it is a file or can't be written to
     */
    public static RunDirectory create(Path path) throws IOException {
        RunDirectory run = open(path);
        try {
            Files.createDirectories(path);
            Files.delete(Files.createTempFile(path, "write-test", ".tmp"));
        } catch (AccessDeniedException e) {
            throw new IOException(path + ": the output folder can't be written to", e);
        } catch (IOException e) {
            String problem = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new IOException(
                    path + ": the output folder can't be created or written to: " + problem, e);
        }
        return run;
    }

    /** {@return the file of all settings, as the training uses them} */
    public Path configuration() {
        return path.resolve("config.json");
    }

    /** {@return the file that tells which data the training began with} */
    public Path data() {
        return path.resolve("data.json");
    }

    /** {@return the file of the metrics} */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** {@return the COCO results file of what the newest evaluation found} */
    public Path detections() {
        return path.resolve("detections.json");
    }

    /** {@return the folder of the newest checkpoint, which is a model too} */
    public Path last() {
        return path.resolve("last");
    }

    /** {@return the folder of the model with the best score so far} */
    public Path best() {
        return path.resolve("best");
    }

    /** {@return the folder of the checkpoints before {@link #last}} */
    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    /**
     * {@return the folder of an older checkpoint}
     *
     * @param step how many steps were taken before it
     */
    Path checkpoint(long step) {
        return checkpoints().resolve(String.format(Locale.ROOT, CHECKPOINT_PREFIX + "%08d", step));
    }

    /**
     * {@return the step in the name of an older checkpoint's folder}
     *
     * @param checkpoint one of {@link #olderCheckpoints}
     */
    static long step(Path checkpoint) {
        return Long.parseLong(
                checkpoint.getFileName().toString().substring(CHECKPOINT_PREFIX.length()));
    }

    /** {@return the folders of the checkpoints before {@link #last}, the newest first} */
    List<Path> olderCheckpoints() throws IOException {
        if (!Files.isDirectory(checkpoints())) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(checkpoints())) {
            return folders.filter(
                            folder ->
                                    folder.getFileName()
                                            .toString()
                                            .matches(CHECKPOINT_PREFIX + "\\d{8,18}"))
                    .sorted(Comparator.comparingLong(RunDirectory::step).reversed())
                    .toList();
        }
    }

    /**
     * {@return whether there is a checkpoint to resume from}
     *
     * @throws IOException if the folder can't be read
     */
    public boolean hasCheckpoint() throws IOException {
        return Files.exists(last().resolve(PROGRESS_FILE)) || !olderCheckpoints().isEmpty();
    }

    /**
     * {@return what the run's detector is besides its parameters, as the newest checkpoint has it
     * whose file can be read; empty if there is none}
     *
     * @throws IOException if the folder can't be read
     */
    public Optional<DetectorConfiguration> detector() throws IOException {
        for (Path checkpoint :
                Stream.concat(Stream.of(last()), olderCheckpoints().stream()).toList()) {
            try {
                return Optional.of(ModelDirectory.readConfiguration(checkpoint));
            } catch (IOException e) {
                continue; // a damaged checkpoint; resuming from it says so
            }
        }
        return Optional.empty();
    }

    /**
     * {@return whether a training would replace files that no training wrote: models without a
     * checkpoint, or a configuration, metrics or detections of something else}
     *
     * @throws IOException if the folder can't be read
     */
    public boolean holdsOtherFiles() throws IOException {
        if (hasCheckpoint()) {
            return false;
        }
        boolean ofATraining = false;
        if (Files.isRegularFile(configuration())) {
            String text = Files.readString(configuration(), StandardCharsets.ISO_8859_1);
            ofATraining = OWN_SETTINGS.stream().anyMatch(text::contains);
        }
        return Files.exists(last())
                || Files.exists(best())
                || !ofATraining
                        && Stream.of(configuration(), data(), metrics(), detections())
                                .anyMatch(Files::exists);
    }

    /**
     * Keeps other trainings out of the folder.
     *
     * @return the lock, which ends when it is closed and with this process
     * @throws IOException naming the folder if another training has it
     */
    public RunLock lock() throws IOException {
        return RunLock.take(this);
    }
}
