package dev.fern.detection;

import com.google.gson.JsonParseException;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which parts of a training are code of a program, which no file of settings can hold. The run
 * records that there are such parts, so that it is not resumed without them.
 *
 * @param schedule whether the learning rate comes from the program
 * @param augmentation whether the program changes training images
 */
record OwnParts(boolean schedule, boolean augmentation) {

    private static final int MOST_BYTES = 1 << 12;

    private static Path file(RunDirectory run) {
        return run.path().resolve("own.json");
    }

    /** Records these parts; a run without any has no record. */
    void write(RunDirectory run) throws IOException {
        if (schedule || augmentation) {
            String json = RecordJson.write(this) + "\n";
            AtomicFile.write(file(run), json.getBytes(StandardCharsets.UTF_8));
        } else {
            Files.deleteIfExists(file(run));
        }
    }

    /**
     * Checks that a run that is resumed has these parts.
     *
     * @throws TrainingRefusedException naming the part that is missing or new
     * @throws IOException if the record is damaged
     */
    void requireSameAs(RunDirectory run) throws IOException {
        OwnParts before = read(run);
        require(run, "learning rate schedule", schedule, before.schedule);
        require(run, "augmentation", augmentation, before.augmentation);
    }

    private static void require(RunDirectory run, String part, boolean now, boolean before)
            throws TrainingRefusedException {
        if (now != before) {
            throw new TrainingRefusedException(
                    run.path()
                            + (before
                                    ? ": the run has a program's own "
                                            + part
                                            + "; resume it from that program"
                                    : ": the run began without a program's own " + part)
                            + ", or go on regardless with --force");
        }
    }

    private static OwnParts read(RunDirectory run) throws IOException {
        Path file = file(run);
        if (!Files.exists(file)) {
            return new OwnParts(false, false);
        }
        try {
            return RecordJson.read(
                    StrictJson.parse(TextFile.readSmall(file, MOST_BYTES)), OwnParts.class);
        } catch (JsonParseException | IllegalArgumentException e) {
            throw new IOException(file + ": damaged: " + e.getMessage(), e);
        }
    }
}
