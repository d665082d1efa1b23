package dev.fern.detection.train;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A training's folder: {@code config.json}, {@code data.json}, {@code metrics.jsonl}, {@code
 * detections.json}, and the model directories {@code last} and {@code best}; {@code last} also
 * holds what it takes to go on, and {@code checkpoints} those before it.
 *
 * @param path the folder
 */
public record RunDirectory(Path path) {

    /** The file of a checkpoint that tells how far the training had come. */
    static final String PROGRESS_FILE = "progress.json";

    /** A setting that every detector's configuration has, and one that every classifier's has. */
    private static final List<String> OWN_SETTINGS =
            List.of("\"candidatesPerLevel\"", "\"labelSmoothing\"");

    private static final String CHECKPOINT_PREFIX = "step-";

    /**
     * Looks at a folder, which need not be there.
     *
     * @throws IOException naming the folder if it is a file
     */
    public static RunDirectory open(Path path) throws IOException {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IOException(path + ": is a file, not a folder to write to");
        }
        return new RunDirectory(path);
    }

    /**
     * Creates the folder where it is missing, and checks that it can be written to.
     *
     * @throws IOException naming the folder if it can't be written to
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

    /** Returns the file of the resolved settings. */
    public Path configuration() {
        return path.resolve("config.json");
    }

    /** Returns the file that tells which data the training began with. */
    public Path data() {
        return path.resolve("data.json");
    }

    /** Returns the file of the metrics. */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** Returns the file of what the newest evaluation found in the validation images. */
    public Path detections() {
        return path.resolve("detections.json");
    }

    /** Returns the folder of the newest model. */
    public Path last() {
        return path.resolve("last");
    }

    /** Returns the folder of the model with the best score so far. */
    public Path best() {
        return path.resolve("best");
    }

    /** Returns the folder of the checkpoints before the last. */
    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    /** Returns the folder of an older checkpoint. */
    Path checkpoint(long step) {
        return checkpoints().resolve(String.format(Locale.ROOT, CHECKPOINT_PREFIX + "%08d", step));
    }

    /** Returns the step in the name of an older checkpoint's folder. */
    static long step(Path checkpoint) {
        return Long.parseLong(
                checkpoint.getFileName().toString().substring(CHECKPOINT_PREFIX.length()));
    }

    /** Returns the folders of the checkpoints before the last, the newest first. */
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

    /** Returns whether there is a training to go on with. */
    public boolean hasCheckpoint() throws IOException {
        return Files.exists(last().resolve(PROGRESS_FILE)) || !olderCheckpoints().isEmpty();
    }

    /**
     * Returns whether files that no training wrote are where one would write: models without a
     * checkpoint, or a configuration, metrics or detections of something else.
     */
    public boolean holdsOtherFiles() throws IOException {
        if (hasCheckpoint()) {
            return false;
        }
        boolean ofATraining = false;
        if (Files.exists(configuration())) {
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
     * Keeps other processes out of the run until the lock is closed.
     *
     * @throws IOException naming the folder if another training has it
     */
    public Closeable lock() throws IOException {
        FileChannel channel =
                FileChannel.open(
                        path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(e);
        }
        channel.close();
        throw inUse(null);
    }

    private IOException inUse(Exception cause) {
        return new IOException(
                path + ": another training writes to this folder; choose another --output", cause);
    }
}
