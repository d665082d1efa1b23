package dev.fern.detection;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.host.InstalledEngines;
import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LabelledSource;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.recipe.SettingsFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingListener;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Describes a {@link Training}. It needs {@linkplain #data data} and nothing else: settings that
 * are not given have the defaults of {@code fern train} or, when a run is resumed, those of the
 * run. Long because each part of a training has its own documented method.
 */
public final class TrainingBuilder {

    private static final LoaderOptions LOADING = new LoaderOptions(2, 5, false);

    private final Path folder;
    private final List<JsonObject> settings = new ArrayList<>();
    private final List<TrainingListener> listeners = new ArrayList<>();
    private RunDirectory run;
    private TrainingConfiguration configuration;
    private Part data;
    private Part validation;
    private ImageReader reader = ImageReader.standard();
    private LoaderOptions loading = LOADING;
    private DetectionTask.Validation scoring;
    private LearningRateSchedule schedule;
    private ImageAugmentation augmentation;
    private RunCompanion.Factory companion;
    private RunStart start = RunStart.FRESH;
    private double pause = 1;
    private boolean resumesIfBegun;
    private RingAllReduce workers = RingAllReduce.alone();
    private boolean allowsBatchDependence;

    /** Labelled images, opened or to be opened. */
    private record Part(LabelledSource source, LabelledImages opened) {}

    TrainingBuilder(Path folder) {
        this.folder = Objects.requireNonNull(folder, "run");
    }

    /**
     * Sets the images to train on.
     *
     * @param images opened by {@link #build}
     * @return this
     */
    public TrainingBuilder data(LabelledSource images) {
        data = new Part(Objects.requireNonNull(images, "images"), null);
        return this;
    }

    /**
     * Sets the images to train on.
     *
     * @param images are open already
     * @return this
     */
    public TrainingBuilder data(LabelledImages images) {
        data = new Part(images.source(), images);
        return this;
    }

    /**
     * Sets the images that models are scored on after epochs. Without any, no model is the best.
     *
     * @param images opened by {@link #build}
     * @return this
     */
    public TrainingBuilder validation(LabelledSource images) {
        validation = new Part(Objects.requireNonNull(images, "images"), null);
        return this;
    }

    /**
     * Sets the images that models are scored on after epochs. Without any, no model is the best.
     *
     * @param images are open already
     * @return this
     */
    public TrainingBuilder validation(LabelledImages images) {
        validation = new Part(images.source(), images);
        return this;
    }

    /**
     * Scores models in a way of the user's own, in place of COCO's evaluation on the validation
     * images.
     *
     * @param own gives {@code AP}, which decides which model is the best, and other numbers
     * @return this
     */
    public TrainingBuilder scoring(DetectionTask.Validation own) {
        scoring = Objects.requireNonNull(own, "scoring");
        return this;
    }

    /**
     * Sets a setting, over those that were set before.
     *
     * @param name as in a file of settings and in docs/training.md, such as {@code epochs}
     * @param value a number, a truth value, a text, a path, or a list of numbers
     * @return this
     * @throws IllegalArgumentException if a number is not finite
     */
    public TrainingBuilder setting(String name, Object value) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, name);
        JsonObject layer = new JsonObject();
        try {
            layer.add(name, json(value));
        } catch (IllegalArgumentException e) { // JSON has no such number
            throw new IllegalArgumentException(name + " must be finite, not " + value, e);
        }
        settings.add(layer);
        return this;
    }

    private static JsonElement json(Object value) {
        return value instanceof Number || value instanceof Boolean || value instanceof List
                ? new Gson().toJsonTree(value)
                : new JsonPrimitive(value.toString());
    }

    /**
     * Sets the settings of a file, over those that were set before.
     *
     * @param file JSON, as {@code fern train --config} takes it
     * @return this
     * @throws IOException naming the file if it can't be read or is no JSON object
     */
    public TrainingBuilder settings(Path file) throws IOException {
        settings.add(SettingsFile.read(file));
        return this;
    }

    /**
     * Sets all settings at once, in place of those that are set one by one.
     *
     * @param all every setting
     * @return this
     */
    public TrainingBuilder configuration(TrainingConfiguration all) {
        configuration = Objects.requireNonNull(all, "configuration");
        return this;
    }

    /**
     * Starts from a trained detector; the same as the setting {@code weights}. Its network, its
     * norm and its image size take the place of the defaults.
     *
     * @param model directory of a model or a run
     * @return this
     */
    public TrainingBuilder weights(Path model) {
        return setting("weights", model);
    }

    /**
     * Sets the learning rate of each step, in place of the settings' own.
     *
     * @param own the schedule
     * @return this
     */
    public TrainingBuilder schedule(LearningRateSchedule own) {
        schedule = Objects.requireNonNull(own, "schedule");
        return this;
    }

    /**
     * Changes training images before the settings' own augmentation does.
     *
     * @param own the augmentation
     * @return this
     */
    public TrainingBuilder augmentation(ImageAugmentation own) {
        augmentation = Objects.requireNonNull(own, "augmentation");
        return this;
    }

    /**
     * Adds a listener.
     *
     * @param told how the training goes on
     * @return this
     */
    public TrainingBuilder listener(TrainingListener told) {
        listeners.add(Objects.requireNonNull(told, "listener"));
        return this;
    }

    /**
     * Adds files of another kind to the run.
     *
     * @param files makes what writes them
     * @return this
     */
    public TrainingBuilder companion(RunCompanion.Factory files) {
        companion = Objects.requireNonNull(files, "companion");
        return this;
    }

    /**
     * Sets how images are read.
     *
     * @param other in place of {@link ImageReader#standard}
     * @return this
     */
    public TrainingBuilder reader(ImageReader other) {
        reader = Objects.requireNonNull(other, "reader");
        return this;
    }

    /**
     * Sets how images are read ahead, and whether those that can't be used are skipped. By default
     * 2 threads read 5 batches ahead, and an image that can't be used ends the training.
     *
     * @param options threads and batches
     * @return this
     */
    public TrainingBuilder loading(LoaderOptions options) {
        loading = Objects.requireNonNull(options, "loading");
        return this;
    }

    /**
     * Shares the training with other processes, each of which computes its part of every batch; see
     * {@link TrainingWorker}.
     *
     * @param ring of all workers; this process is worker 0, and the caller closes the ring
     * @return this
     * @throws IllegalArgumentException if this process is another worker
     */
    public TrainingBuilder workers(RingAllReduce ring) {
        if (ring.rank() != 0) {
            throw new IllegalArgumentException("worker 0 leads a training, not " + ring.rank());
        }
        workers = ring;
        return this;
    }

    /**
     * Lets several workers train a network whose norms mix the images of a batch, though each would
     * mix those of its own part alone.
     *
     * @return this
     */
    public TrainingBuilder allowBatchDependence() {
        allowsBatchDependence = true;
        return this;
    }

    /**
     * Goes on from the newest checkpoint of the run, with the settings, data and own parts that the
     * run began with.
     *
     * @return this
     */
    public TrainingBuilder resume() {
        return start(RunStart.RESUMED);
    }

    /**
     * Goes on from the newest checkpoint of the run if there is one, else begins: for a program
     * that is started again after whatever ended it.
     *
     * @return this
     */
    public TrainingBuilder resumeIfBegun() {
        resumesIfBegun = true;
        return this;
    }

    /**
     * Sets how the training starts; {@link RunStart#FRESH} unless another is set.
     *
     * @param how the start
     * @return this
     */
    public TrainingBuilder start(RunStart how) {
        start = Objects.requireNonNull(how, "start");
        return this;
    }

    /**
     * Lets the training pause after a part of its steps, at the end of the epoch in which that part
     * is taken, and scores the model there. The learning rate stays that of the whole training, and
     * a training that is resumed goes on as if it had not paused.
     *
     * @param part above 0, at most 1; 1 for no pause
     * @return this
     * @throws IllegalArgumentException if the part is out of its range
     */
    public TrainingBuilder pauseAfter(double part) {
        if (!(part > 0 && part <= 1)) {
            throw new IllegalArgumentException(
                    "a training pauses after a part above 0 and at most 1, not " + part);
        }
        pause = part;
        return this;
    }

    /**
     * Reads the settings and opens the data.
     *
     * @return the training, to be run
     * @throws IllegalArgumentException if a setting is unknown or out of its range
     * @throws IllegalStateException if there are no data, or if there is no engine on the class
     *     path
     * @throws TrainingRefusedException if the folder does not suit the start, or if there is
     *     nothing to score a model on though the training waits for better scores
     * @throws IOException naming the file, image or record that can't be used
     */
    public Training build() throws IOException {
        if (data == null) {
            throw new IllegalStateException("a training needs data");
        }
        run = RunDirectory.open(folder);
        if (resumesIfBegun && start == RunStart.FRESH && run.hasCheckpoint()) {
            start = RunStart.RESUMED;
        }
        TrainingConfiguration settled = configuration();
        start.requireFree(run);
        if (settled.loop().patience() > 0 && validation == null && scoring == null) {
            throw new TrainingRefusedException(
                    "patience (--patience) waits for better scores, and there are no validation"
                            + " images to score a model on");
        }
        LabelledImages train = open(data);
        train.requireBoxes();
        Optional<LabelledImages> val =
                validation == null ? Optional.empty() : Optional.of(open(validation));
        return new Training(this, start, settled, train, val);
    }

    private TrainingConfiguration configuration() throws IOException {
        Optional<Path> base = start.settings(run);
        if (configuration != null) {
            return configuration;
        }
        if (base.isEmpty()) {
            List<JsonObject> layers = new ArrayList<>(List.of(engine()));
            layers.addAll(settings);
            return DetectorStart.settings(layers, listener()::note);
        }
        List<JsonObject> layers = new ArrayList<>(List.of(SettingsFile.read(base.get())));
        layers.addAll(settings);
        return TrainingConfiguration.of(layers);
    }

    /** Chooses the engine as a detector's loading does, under what the user sets. */
    private static JsonObject engine() {
        JsonObject layer = new JsonObject();
        layer.addProperty("engine", InstalledEngines.preferred());
        return layer;
    }

    private LabelledImages open(Part part) throws IOException {
        if (part.opened != null) {
            return part.opened;
        }
        LabelledImages images =
                LabelledImages.open(part.source, reader, loading.skipBadImages(), 0);
        for (String line : images.advice()) {
            listener().note("warning: " + images.name() + ": " + line);
        }
        return images;
    }

    RunDirectory run() {
        return run;
    }

    LoaderOptions loading() {
        return loading;
    }

    double pause() {
        return pause;
    }

    Optional<DetectionTask.Validation> scoring() {
        return Optional.ofNullable(scoring);
    }

    Optional<LearningRateSchedule> schedule() {
        return Optional.ofNullable(schedule);
    }

    Optional<ImageAugmentation> augmentation() {
        return Optional.ofNullable(augmentation);
    }

    Optional<RunCompanion.Factory> companion() {
        return Optional.ofNullable(companion);
    }

    RingAllReduce workers() {
        return workers;
    }

    boolean allowsBatchDependence() {
        return allowsBatchDependence;
    }

    TrainingListener listener() {
        return new Listeners(List.copyOf(listeners));
    }
}
