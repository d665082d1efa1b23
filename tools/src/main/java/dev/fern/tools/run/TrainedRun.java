package dev.fern.tools.run;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.format.DataFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A run of {@code fern train}, finished or not, with the data that it was evaluated on. */
public final class TrainedRun {

    private final RunDirectory folder;
    private final RunSettings settings;
    private final Optional<RunRecord> record;

    private TrainedRun(RunDirectory folder, RunSettings settings, Optional<RunRecord> record) {
        this.folder = folder;
        this.settings = settings;
        this.record = record;
    }

    /** Thrown where a run lacks what was asked for, or what it names is no longer there. */
    public static final class MissingException extends Exception {

        private static final long serialVersionUID = 1L;

        MissingException(String what) {
            super(what);
        }
    }

    /**
     * Reads a run's settings and the record of where it comes from.
     *
     * @param path the run's folder
     * @return the run
     * @throws IOException naming the file that can't be read
     * @throws BadInputException if the folder holds no run, or one of {@code fern pretrain}
     */
    public static TrainedRun read(Path path) throws IOException, BadInputException {
        RunDirectory folder = new RunDirectory(path);
        RunSettings settings = RunSettings.read(folder);
        if (settings.isOfClassifier()) {
            throw new BadInputException(
                    path + ": is a run of fern pretrain; only those of fern train are of use here");
        }
        return new TrainedRun(
                folder,
                settings,
                Files.exists(RunRecord.file(folder))
                        ? Optional.of(RunRecord.read(folder))
                        : Optional.empty());
    }

    /** {@return the files of the run} */
    public RunDirectory folder() {
        return folder;
    }

    RunSettings settings() {
        return settings;
    }

    Optional<RunRecord> record() {
        return record;
    }

    /** {@return what reads the images as the run did} */
    public ImageReader reader() {
        return record.map(RunRecord::reader).orElse(ImageReader.standard());
    }

    /**
     * Opens the images that the run was evaluated on, or others in their place. Those that can't be
     * used are left out.
     *
     * @param annotations COCO instances file to use in place of the run's; null for the run's
     * @param images folder to use in place of the run's; null for the run's
     * @return the images with their annotations
     * @throws MissingException if those of the run are asked for and no longer there
     * @throws IOException if what the caller names can't be used
     */
    public LabelledImages validation(Path annotations, Path images)
            throws IOException, MissingException {
        if (record.isEmpty() && (annotations == null || images == null)) {
            throw new MissingException(
                    "the run does not say where they are; give --annotations and --images");
        }
        Optional<RunRecord.Data> own = record.flatMap(RunRecord::validation);
        if (own.isEmpty() && (annotations == null || images == null)) {
            throw new MissingException("the run had none; give --annotations and --images");
        }
        Path file = annotations == null ? Path.of(own.orElseThrow().annotations()) : annotations;
        Path imageFolder = images == null ? Path.of(own.orElseThrow().images()) : images;
        if (annotations == null && !Files.isRegularFile(file)) {
            throw new MissingException(file + " is no longer there; give --annotations");
        }
        if (images == null && !Files.isDirectory(imageFolder)) {
            throw new MissingException(imageFolder + " is no longer there; give --images");
        }
        int limit = annotations == null ? own.orElseThrow().limit() : 0;
        try {
            CocoDataset coco =
                    DataFile.isYaml(file)
                            ? DataFile.read(file).val().orElseThrow().read()
                            : CocoDataset.read(file);
            return LabelledImages.open(
                    new AnnotatedFolder(coco, file, new ImageFolder(imageFolder)),
                    reader(),
                    true,
                    limit);
        } catch (IOException e) {
            if (annotations == null && images == null) {
                throw new MissingException(e.getMessage());
            }
            throw e;
        }
    }
}
