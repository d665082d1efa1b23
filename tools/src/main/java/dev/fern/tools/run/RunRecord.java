package dev.fern.tools.run;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.Platform;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a run comes from, as {@code run.json} in its folder says.
 *
 * @param train images that it learns from
 * @param validation images that it is evaluated on, if there are any
 * @param skipBadImages whether images that can't be used were left out
 * @param orientation which orientation of pictures was asked for: auto, upright or stored
 * @param starts of its processes, in their order
 */
public record RunRecord(
        Data train,
        Optional<Data> validation,
        boolean skipBadImages,
        String orientation,
        List<Start> starts) {

    private static final long MOST_BYTES = 1 << 26;

    /**
     * Labelled images.
     *
     * @param annotations absolute path of the file
     * @param images absolute path of the folder
     * @param limit how many images at most were used, the first ones; 0 for all
     * @param imageCount how many images were used
     * @param objectCount how many objects are on them
     * @param turnedCount how many of the images were turned upright by their EXIF orientation
     */
    public record Data(
            String annotations,
            String images,
            int limit,
            int imageCount,
            long objectCount,
            int turnedCount) {

        /**
         * Checks the paths.
         *
         * @param annotations absolute path of the file
         * @param images absolute path of the folder
         * @param limit how many images at most were used, the first ones; 0 for all
         * @param imageCount how many images were used
         * @param objectCount how many objects are on them
         * @param turnedCount how many of the images were turned upright by their EXIF orientation
         * @throws java.nio.file.InvalidPathException if a path is none on this system
         */
        public Data {
            Path.of(annotations);
            Path.of(images);
        }

        static Data of(LabelledImages labelled) {
            return new Data(
                    absolute(labelled.files().file()),
                    absolute(labelled.files().folder()),
                    labelled.limit(),
                    labelled.images().samples().size(),
                    labelled.images().samples().stream().mapToLong(s -> s.labels().length).sum(),
                    labelled.images().orientations().upright());
        }

        private static String absolute(Path path) {
            return path.toAbsolutePath().normalize().toString();
        }
    }

    /**
     * The start of a process.
     *
     * @param time when it began, ISO 8601 in UTC
     * @param command {@code fern} and its arguments
     * @param fern version of Fern
     * @param engine name and version
     * @param java name and version of the virtual machine
     * @param system operating system, processor architecture and processors
     */
    public record Start(
            String time,
            List<String> command,
            String fern,
            String engine,
            String java,
            String system) {

        static Start now(String engine, List<String> arguments) {
            List<String> command = new ArrayList<>(List.of("fern"));
            command.addAll(arguments);
            Platform here = Platform.here(engine);
            return new Start(
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                    command,
                    here.fern(),
                    here.engine(),
                    here.java(),
                    here.system() + ", " + here.processors() + " processors");
        }
    }

    /** Returns the file of a run's record, whether it exists or not. */
    static Path file(RunDirectory run) {
        return run.path().resolve("run.json");
    }

    /**
     * Records a process that starts. The starts of a run that goes on from a checkpoint are kept; a
     * record that can't be used is replaced with a warning on standard error.
     *
     * @param run the run's folder
     * @param train images that it learns from
     * @param validation images that it is evaluated on, if there are any
     * @param skipBadImages whether images that can't be used are left out
     * @param engine name of the DJL engine
     * @param arguments of {@code fern}
     * @throws IOException if the record can't be written
     */
    public static void add(
            RunDirectory run,
            LabelledImages train,
            Optional<LabelledImages> validation,
            boolean skipBadImages,
            String engine,
            List<String> arguments)
            throws IOException {
        List<Start> starts = new ArrayList<>();
        if (run.hasCheckpoint() && Files.exists(file(run))) {
            try {
                starts.addAll(read(run).starts());
            } catch (IOException e) {
                System.err.println("warning: " + VisibleText.of(e.getMessage()) + "; replaced");
            }
        }
        starts.add(Start.now(engine, arguments));
        RunRecord record =
                new RunRecord(
                        Data.of(train),
                        validation.map(Data::of),
                        skipBadImages,
                        train.images().reader().orientation().toString(),
                        starts);
        JsonFile.write(file(run), RecordJson.write(record));
    }

    /** Adds what records lack that were written when all pixels were taken as stored. */
    private static void completeOlder(JsonElement json) {
        if (json.isJsonObject() && !json.getAsJsonObject().has("orientation")) {
            JsonObject record = json.getAsJsonObject();
            record.addProperty("orientation", ImageOrientation.STORED.toString());
            for (String part : List.of("train", "validation")) {
                if (record.has(part) && record.get(part).isJsonObject()) {
                    record.getAsJsonObject(part).addProperty("turnedCount", 0);
                }
            }
        }
    }

    /** {@return what reads the images as the run did} */
    ImageReader reader() {
        return new ImageReader(ImageReader.DEFAULT_MAX_PIXELS, ImageOrientation.parse(orientation));
    }

    /**
     * Reads a run's record.
     *
     * @throws IOException naming the file if it is missing or damaged
     */
    static RunRecord read(RunDirectory run) throws IOException {
        Path file = file(run);
        try {
            JsonElement json = StrictJson.parse(TextFile.readSmall(file, MOST_BYTES));
            completeOlder(json);
            RunRecord record = RecordJson.read(json, RunRecord.class);
            ImageOrientation.parse(record.orientation);
            if (record.starts().isEmpty()) {
                throw new IllegalArgumentException("starts is empty");
            }
            return record;
        } catch (JsonParseException | IllegalArgumentException e) {
            String problem = e instanceof JsonParseException ? "not JSON" : e.getMessage();
            throw new IOException(file + ": damaged: " + problem, e);
        }
    }
}
