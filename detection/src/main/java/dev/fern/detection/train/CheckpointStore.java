package dev.fern.detection.train;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.files.AtomicFolder;
import dev.fern.detection.files.Checksums;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes and reads a run's models. {@code last} is the newest checkpoint: a model with the
 * optimiser's state, the progress and the checksums of all files. When the next checkpoint takes
 * its place, it moves into the folder {@code checkpoints}, where the newest stay. Once a checkpoint
 * is written, there is a whole one in one of these two places at every moment.
 */
final class CheckpointStore {

    private static final String OPTIMIZER_FILE = "optimizer.safetensors";

    /** File of the parameters that are trained, where those of the model are their average. */
    private static final String TRAINED_FILE = "trained.safetensors";

    private static final String DAMAGED = "damaged";

    /** Largest size of a progress file, which has some 100. */
    private static final int MOST_BYTES = 1 << 16;

    private static final Gson GSON = new Gson();

    private final RunDirectory run;
    private final int keep;

    /**
     * What it takes to resume a training. It holds no state of a random generator, since all that
     * is drawn is a function of the seed, the epoch and the image.
     *
     * @param progress how far the training had come
     * @param parameters all parameters of the network by name, running averages too
     * @param velocities the optimiser's state by the parameters' names
     * @param average the {@link WeightAverage} by the parameters' names; empty if there is none
     */
    record Checkpoint(
            Progress progress,
            Map<String, Tensor> parameters,
            Map<String, Tensor> velocities,
            Map<String, Tensor> average) {

        /** {@return the parameters that are evaluated and used: the average where there is one} */
        Map<String, Tensor> model() {
            return average.isEmpty() ? parameters : average;
        }
    }

    /** Writes a model. */
    @FunctionalInterface
    interface ModelWriter {
        /**
         * Writes a model into an empty folder.
         *
         * @param parameters the network's parameters by name, to be {@code parameters.safetensors}
         * @throws IOException if the folder can't be written to
         */
        void writeInto(Path folder, Map<String, Tensor> parameters) throws IOException;
    }

    /**
     * Makes a store in a run's folder.
     *
     * @param run its folder is there
     * @param keep how many checkpoints to keep, {@code last} among them; at least 1
     */
    CheckpointStore(RunDirectory run, int keep) {
        this.run = run;
        this.keep = keep;
    }

    /**
     * Writes a checkpoint, and deletes older ones that are too many or of later steps.
     *
     * @throws IOException if the folder can't be written to; earlier checkpoints are then unchanged
     */
    void save(ModelWriter model, Checkpoint checkpoint) throws IOException {
        AtomicFolder.Content content = folder -> write(folder, model, checkpoint);
        if (Files.exists(run.last())) {
            AtomicFolder.replace(run.last(), content, placeOfOlder(run.last()));
        } else {
            AtomicFolder.replace(run.last(), content);
        }
        int kept = 1;
        for (Path older : run.olderCheckpoints()) {
            if (RunDirectory.step(older) >= checkpoint.progress().step() || ++kept > keep) {
                AtomicFolder.delete(older);
            }
        }
    }

    private Path placeOfOlder(Path checkpoint) throws IOException {
        try {
            return run.checkpoint(progress(checkpoint).step());
        } catch (IOException e) {
            requireDamage(e);
            return run.checkpoints().resolve(DAMAGED); // something other than Fern changed it
        }
    }

    private static void write(Path folder, ModelWriter model, Checkpoint checkpoint)
            throws IOException {
        model.writeInto(folder, checkpoint.model());
        SafeTensors.write(folder.resolve(OPTIMIZER_FILE), checkpoint.velocities(), Map.of());
        if (!checkpoint.average().isEmpty()) {
            SafeTensors.write(folder.resolve(TRAINED_FILE), checkpoint.parameters(), Map.of());
        }
        Files.writeString(
                folder.resolve(RunDirectory.PROGRESS_FILE),
                GSON.toJson(checkpoint.progress()) + "\n");
        Checksums.write(folder);
    }

    /** Writes the best model so far, in place of the one before. */
    void saveBest(ModelWriter model, Map<String, Tensor> parameters) throws IOException {
        ModelDirectory.replace(run.best(), folder -> model.writeInto(folder, parameters));
    }

    /**
     * Reads the newest checkpoint that is whole and makes it {@code last}. A damaged one in its
     * place is moved aside.
     *
     * @param warnings is told of each checkpoint that is damaged
     * @throws IOException if none is whole: the message names the missing or damaged file of the
     *     newest; or if a file can't be opened, which says nothing of the checkpoint
     */
    Checkpoint restore(Consumer<String> warnings) throws IOException {
        AtomicFolder.putBack(run.best());
        List<Path> places = new ArrayList<>();
        if (Files.exists(run.last())) {
            places.add(run.last());
        }
        places.addAll(run.olderCheckpoints());
        List<IOException> problems = new ArrayList<>();
        for (Path place : places) {
            try {
                Checkpoint checkpoint = read(place);
                problems.forEach(
                        problem ->
                                warnings.accept(
                                        problem.getMessage()
                                                + "; going back to the checkpoint of step "
                                                + checkpoint.progress().step()));
                makeLast(place);
                return checkpoint;
            } catch (IOException e) {
                requireDamage(e);
                problems.add(e);
            }
        }
        throw problems.isEmpty()
                ? new IOException(run.last() + ": no checkpoint to resume from")
                : problems.get(0);
    }

    /** Throws a problem that is none of the checkpoint, such as too many open files. */
    private static void requireDamage(IOException problem) throws FileSystemException {
        if (problem instanceof FileSystemException e && !(e instanceof NoSuchFileException)) {
            throw e;
        }
    }

    private void makeLast(Path checkpoint) throws IOException {
        if (!checkpoint.equals(run.last())) {
            if (Files.exists(run.last())) {
                AtomicFolder.move(run.last(), run.checkpoints().resolve(DAMAGED));
            }
            AtomicFolder.move(checkpoint, run.last());
        }
    }

    /**
     * Reads a checkpoint.
     *
     * @param folder of the checkpoint
     * @throws IOException naming the file that is missing or damaged
     */
    static Checkpoint read(Path folder) throws IOException {
        try {
            Checksums.verify(folder);
            Path trained = folder.resolve(TRAINED_FILE);
            Map<String, Tensor> model = ModelDirectory.readParameters(folder);
            boolean averaged = Files.exists(trained);
            return new Checkpoint(
                    progress(folder),
                    averaged ? SafeTensors.read(trained) : model,
                    SafeTensors.read(folder.resolve(OPTIMIZER_FILE)),
                    averaged ? model : Map.of());
        } catch (NoSuchFileException e) {
            throw new IOException(
                    e.getFile() + ": the checkpoint is damaged: it lacks this file", e);
        }
    }

    private static Progress progress(Path folder) throws IOException {
        Path file = folder.resolve(RunDirectory.PROGRESS_FILE);
        try {
            return RecordJson.read(
                    StrictJson.parse(TextFile.readSmall(file, MOST_BYTES)), Progress.class);
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IOException(file + ": the checkpoint is damaged", e);
        }
    }
}
