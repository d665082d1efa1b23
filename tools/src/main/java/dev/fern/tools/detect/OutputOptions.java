package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.input.InputImages.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The options that say what is written. */
@OptionSection(Section.OUTPUT)
final class OutputOptions {

    /** What can be written beside the drawings. */
    enum Format {
        /** One results file. */
        COCO,
        /** A file of labels per image, and one of the names of the classes. */
        YOLO,
        /** A Pascal VOC file per image. */
        VOC,
        /** One table. */
        CSV,
        /** One file of JSON Lines. */
        JSONL
    }

    private static final String LABELS = "labels";
    private static final String ANNOTATIONS = "annotations";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description =
                    "Folder to write the images to, with the objects drawn, under the names and in"
                            + " the sub-folders that they have in their own; created where it is"
                            + " missing. Videos become videos (Motion JPEG, .avi); for a single video,"
                            + " the name of such a file may be given.")
    private Path output;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Also write the objects to --output, as coco (detections.json), csv"
                            + " (detections.csv), jsonl (detections.jsonl, one line per image), yolo"
                            + " (labels/*.txt with scores, classes.txt) or voc (annotations/*.xml). Several"
                            + " may be given, with commas.")
    private List<Format> formats = List.of();

    @Option(names = "--no-drawings", description = "Write only the files of --format to --output.")
    private boolean noDrawings;

    @Option(
            names = "--save-crops",
            paramLabel = "DIR",
            description =
                    "Folder to write each object to, cut out of its image, in one folder per"
                            + " category.")
    private Path crops;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the objects as a COCO results file, while they are found: after Ctrl-C it"
                            + " is whole and has what was found. Images are numbered from 1 in the"
                            + " order in which they are named, unless --annotations gives their ids. Each record also"
                            + " has a file_name, relative to the folder that was named, and those of videos"
                            + " the number of their frame, from 1.")
    private Path json;

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file that gives the images their ids in --json, and tells their"
                            + " orientation (--orientation auto). An image is found by its file name or,"
                            + " where several have that name, by its whole file_name.")
    private Path annotations;

    /** Returns the file that gives images their ids, or null. */
    Path annotations() {
        return annotations;
    }

    /** Returns whether what is written may go into an evaluation. */
    boolean hasResults() {
        return json != null || formats.contains(Format.COCO);
    }

    /** Returns whether the output is the file of a single video. */
    private boolean isVideo() {
        return output != null
                && output.getFileName() != null
                && output.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".avi")
                && !Files.isDirectory(output);
    }

    /**
     * Checks the options that do not depend on the images.
     *
     * @throws IOException if a file or folder can't be written
     * @throws BadInputException if options do not go together
     */
    void requireValid() throws IOException, BadInputException {
        OutputFile.require(json, Arrays.asList(annotations));
        if (output == null && (!formats.isEmpty() || noDrawings)) {
            throw new BadInputException(
                    (noDrawings ? "--no-drawings" : "--format") + " needs --output DIR");
        }
        if (noDrawings && formats.isEmpty()) {
            throw new BadInputException("--no-drawings needs --format");
        }
        if (output != null && !isVideo()) {
            requireFolder(output, "--output");
        }
        if (crops != null) {
            requireFolder(crops, "--save-crops");
        }
    }

    private static void requireFolder(Path folder, String option) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException(folder + ": is a file, not a folder (" + option + ")");
        }
        Path existing = folder.toAbsolutePath();
        while (Files.notExists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isWritable(existing)) {
            throw new IOException(folder + ": can't be written to (" + option + ")");
        }
    }

    /**
     * Checks that nothing that is read would be replaced.
     *
     * @param inputs what is read
     * @throws IOException naming a file that would be
     * @throws BadInputException if one file is named for several videos or for images
     */
    void requireFree(Inputs inputs) throws IOException, BadInputException {
        List<InputFile> all = inputs.all();
        OutputFile.require(json, all.stream().map(InputFile::path).toList());
        if (isVideo()) {
            if (!formats.isEmpty() || all.size() != 1 || inputs.videos().size() != 1) {
                throw new BadInputException(
                        output
                                + ": is the name of one video, but there are several inputs, images or"
                                + " --format; name a folder (--output)");
            }
            OutputFile.require(output, List.of(all.get(0).path()));
        } else if (draws()) {
            keepFromReplacing(inputs);
        }
        keepFromReplacingLabels(inputs);
    }

    /** Keeps off the labels of a data set whose images are below the output folder. */
    private void keepFromReplacingLabels(Inputs inputs) throws IOException, BadInputException {
        for (Format format : formats) {
            Path labels = output.resolve(format == Format.YOLO ? LABELS : ANNOTATIONS);
            if (format != Format.YOLO && format != Format.VOC || !Files.isDirectory(labels)) {
                continue;
            }
            for (InputFile file : inputs.images()) {
                if (file.path().toRealPath().startsWith(output.toRealPath())) {
                    throw new BadInputException(
                            labels
                                    + ": may be the labels of the images; write to another folder"
                                    + " (--output)");
                }
            }
        }
    }

    private void keepFromReplacing(Inputs inputs) throws IOException {
        Set<Path> originals = new HashSet<>();
        for (InputFile file : inputs.all()) {
            if (Files.isRegularFile(file.path())) {
                originals.add(file.path().toRealPath());
            }
        }
        Stream<Path> drawings =
                Stream.concat(
                        inputs.images().stream()
                                .map(i -> Drawings.drawingOf(i.name(), inputs.stem(i)))
                                .map(output::resolve),
                        inputs.videos().stream().map(i -> video(inputs.stem(i))));
        for (Path target : drawings.toList()) {
            if (Files.exists(target) && originals.contains(target.toRealPath())) {
                throw new IOException(
                        target
                                + ": is one of the images; write the drawings to another folder (--output)");
            }
        }
    }

    /** Returns whether images are drawn. */
    boolean draws() {
        return output != null && !noDrawings;
    }

    /**
     * Returns the file that the drawn frames of a video go to.
     *
     * @param stem of the video
     */
    Path video(String stem) {
        return isVideo() ? output : output.resolve(stem + ".avi");
    }

    /** Returns what draws, or null if nothing is to be drawn. */
    Drawings drawings(List<CocoCategory> categories) {
        return draws() ? new Drawings(output, categories) : null;
    }

    /**
     * Opens all else that is to be written.
     *
     * @param categories the model's, in the order of its labels
     * @throws IOException if a file can't be written
     */
    List<DetectionSink> open(List<CocoCategory> categories) throws IOException {
        List<DetectionSink> sinks = new ArrayList<>();
        if (json != null) {
            sinks.add(new TableSink(json, new Layouts.CocoResults(categories)));
        }
        if (crops != null) {
            sinks.add(new Crops(crops, categories));
        }
        for (Format format : formats.isEmpty() ? Set.<Format>of() : EnumSet.copyOf(formats)) {
            sinks.add(sink(format, categories));
        }
        return sinks;
    }

    private DetectionSink sink(Format format, List<CocoCategory> categories) {
        return switch (format) {
            case COCO ->
                    new TableSink(
                            output.resolve("detections.json"), new Layouts.CocoResults(categories));
            case CSV ->
                    new TableSink(output.resolve("detections.csv"), new Layouts.Csv(categories));
            case JSONL ->
                    new TableSink(
                            output.resolve("detections.jsonl"), new Layouts.JsonLines(categories));
            case YOLO ->
                    new LabelFiles(
                            output.resolve(LABELS),
                            new LabelFiles.Yolo(),
                            Map.of(
                                    output.resolve("classes.txt"),
                                    LabelFiles.Yolo.classes(categories)));
            case VOC ->
                    new LabelFiles(
                            output.resolve(ANNOTATIONS), new LabelFiles.Voc(categories), Map.of());
        };
    }
}
