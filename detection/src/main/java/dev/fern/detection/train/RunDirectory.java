package dev.fern.detection.train;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.TextFile;
import dev.fern.detection.model.AtomicFolder;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.RecordJson;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * A training's folder: {@code config.json}, {@code metrics.jsonl}, {@code detections.json}, and the
 * model directories {@code last} and {@code best}; {@code last} also holds what it takes to go on.
 *
 * @param path the folder
 */
public record RunDirectory(Path path) {

    private static final String OPTIMIZER_FILE = "optimizer.safetensors";
    private static final String PROGRESS_FILE = "progress.json";
    private static final Gson GSON = new Gson();

    /**
     * How far a training has come.
     *
     * @param epoch epochs that are finished
     * @param batch batches of the current epoch that are finished
     * @param step steps taken
     * @param bestScore best AP so far, -1 before the first evaluation
     */
    public record Progress(int epoch, int batch, long step, double bestScore) {

        /** The beginning. */
        public static final Progress START = new Progress(0, 0, 0, -1);

        /** Checks that nothing is negative but the score. */
        public Progress {
            if (epoch < 0 || batch < 0 || step < 0) {
                throw new IllegalArgumentException("a training's progress is not negative");
            }
        }
    }

    /**
     * What it takes to go on.
     *
     * @param velocities the optimiser's state
     */
    public record Checkpoint(
            Progress progress, Map<String, Tensor> parameters, Map<String, Tensor> velocities) {}

    /**
     * Looks at a folder, which need not be there. Where a process ended amidst replacing a model,
     * the one before is put back.
     *
     * @throws IOException naming the folder if it is a file
     */
    public static RunDirectory open(Path path) throws IOException {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IOException(path + ": is a file, not a folder to write to");
        }
        RunDirectory run = new RunDirectory(path);
        AtomicFolder.putBack(run.last());
        AtomicFolder.putBack(run.best());
        return run;
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
            throw new IOException(
                    path + ": the output folder can't be created or written to: " + e, e);
        }
        return run;
    }

    /** Returns the file of the resolved settings. */
    public Path configuration() {
        return path.resolve("config.json");
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

    /** Returns the folder of the model with the best AP so far. */
    public Path best() {
        return path.resolve("best");
    }

    /** Returns whether there is a training to go on with. */
    public boolean hasCheckpoint() {
        return Files.exists(last().resolve(PROGRESS_FILE));
    }

    /**
     * Returns whether files that no training wrote are where one would write: models without a
     * checkpoint, or a configuration, metrics or detections of something else.
     */
    public boolean holdsOtherFiles() throws IOException {
        if (hasCheckpoint()) {
            return false;
        }
        boolean ofATraining =
                Files.exists(configuration())
                        && Files.readString(configuration(), StandardCharsets.ISO_8859_1)
                                .contains("\"candidatesPerLevel\"");
        return Files.exists(last())
                || Files.exists(best())
                || !ofATraining
                        && (Files.exists(configuration())
                                || Files.exists(metrics())
                                || Files.exists(detections()));
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

    /** Writes the newest model with what it takes to go on. */
    public void saveLast(DetectorConfiguration configuration, Checkpoint checkpoint)
            throws IOException {
        ModelDirectory.write(
                last(),
                configuration,
                checkpoint.parameters(),
                folder -> {
                    SafeTensors.write(
                            folder.resolve(OPTIMIZER_FILE), checkpoint.velocities(), Map.of());
                    Files.writeString(
                            folder.resolve(PROGRESS_FILE),
                            GSON.toJson(checkpoint.progress()) + "\n");
                });
    }

    /** Writes the best model. */
    public void saveBest(DetectorConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        ModelDirectory.write(best(), configuration, parameters);
    }

    /**
     * Reads what it takes to go on.
     *
     * @throws IOException naming the file that is missing or damaged
     */
    public Checkpoint readLast() throws IOException {
        Path progressFile = last().resolve(PROGRESS_FILE);
        try {
            return new Checkpoint(
                    RecordJson.read(
                            JsonParser.parseString(TextFile.read(progressFile)), Progress.class),
                    ModelDirectory.readParameters(last()),
                    SafeTensors.read(last().resolve(OPTIMIZER_FILE)));
        } catch (NoSuchFileException e) {
            throw new IOException(e.getFile() + ": no checkpoint to resume from", e);
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IOException(progressFile + ": the checkpoint is damaged", e);
        }
    }
}
