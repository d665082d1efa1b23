package dev.fern.tools.train;

import static java.util.stream.Collectors.joining;

import com.google.gson.JsonObject;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.format.DataFile;
import dev.fern.tools.input.DataWarnings;
import dev.fern.tools.input.LoadingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name the data that a training learns from and is evaluated on. */
@OptionSection(Section.DATA)
public final class TrainingData {

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description =
                    "One file that names the training and validation data, in place of the next"
                            + " four options: data.json, as in {\"train\": {\"annotations\": FILE,"
                            + " \"images\": DIR}, \"val\": {...}}, or the data.yaml of a YOLO data"
                            + " set. Its paths are relative to its folder.")
    private Path data;

    @Option(
            names = "--train-annotations",
            paramLabel = "FILE",
            description = "COCO instances file of the training images, plain or gzip.")
    private Path trainAnnotations;

    @Option(
            names = "--train-images",
            paramLabel = "DIR",
            description = "Folder of the training images.")
    private Path trainImages;

    @Option(
            names = "--val-annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file of the validation images, plain or gzip. Without"
                            + " validation images, nothing is evaluated and no model is the best.")
    private Path valAnnotations;

    @Option(
            names = "--val-images",
            paramLabel = "DIR",
            description = "Folder of the validation images.")
    private Path valImages;

    @Mixin private LoadingOptions loading;

    @Option(
            names = "--limit-train",
            paramLabel = "N",
            description = "Train on the first N images only. Default: all.")
    private int limitTrain;

    @Option(
            names = "--limit-val",
            paramLabel = "N",
            description = "Evaluate on the first N images only. Default: all.")
    private int limitVal;

    /** What {@code --data} names, once it is read. */
    private DataFile dataFile;

    /**
     * Checks the options, before any file is read.
     *
     * @throws BadInputException if a number is out of its range, or if options are missing or
     *     contradict each other
     */
    public void requireValid() throws BadInputException {
        requireNotNegative("--limit-train", limitTrain);
        requireNotNegative("--limit-val", limitVal);
        loading.requireValid();
        if (data != null) {
            if (four().count() > 0) {
                throw new BadInputException(
                        "--data names the data already; leave out "
                                + four().map(Map.Entry::getKey).collect(joining(", ")));
            }
        } else if (trainAnnotations == null || trainImages == null) {
            throw new BadInputException(
                    "no training data: give --train-annotations and --train-images, or --data");
        } else if ((valAnnotations == null) != (valImages == null)) {
            throw new BadInputException(
                    "give both --val-annotations and --val-images, or neither of them");
        }
    }

    /** Returns those of the four options that are given, with their values. */
    private Stream<Map.Entry<String, Path>> four() {
        Map<String, Path> four = new LinkedHashMap<>();
        four.put("--train-annotations", trainAnnotations);
        four.put("--train-images", trainImages);
        four.put("--val-annotations", valAnnotations);
        four.put("--val-images", valImages);
        return four.entrySet().stream().filter(option -> option.getValue() != null);
    }

    static void requireNotNegative(String option, int value) throws BadInputException {
        if (value < 0) {
            throw new BadInputException(option + " must be at least 0, not " + value);
        }
    }

    /**
     * Opens the training images, and warns of what is odd about them.
     *
     * @return the images with their annotations
     * @throws IOException naming the file and record that can't be used, or if there is no box to
     *     learn from
     * @throws BadInputException if an option is out of its range
     */
    public LabelledImages train() throws IOException, BadInputException {
        DataFile.Part part = parts().train();
        LabelledImages train = open(part, limitTrain);
        train.requireBoxes();
        return train;
    }

    private DataFile parts() throws IOException {
        if (dataFile == null) {
            dataFile =
                    data != null
                            ? DataFile.read(data)
                            : new DataFile(
                                    new DataFile.Part(
                                            trainAnnotations, trainImages, Optional.empty()),
                                    Optional.ofNullable(valAnnotations)
                                            .map(
                                                    file ->
                                                            new DataFile.Part(
                                                                    file,
                                                                    valImages,
                                                                    Optional.empty())));
        }
        return dataFile;
    }

    private LabelledImages open(DataFile.Part part, int limit)
            throws IOException, BadInputException {
        LabelledImages labelled =
                LabelledImages.open(
                        new AnnotatedFolder(
                                part.read(), part.annotations(), new ImageFolder(part.images())),
                        reader(),
                        loading.skipBadImages(),
                        limit);
        DataWarnings.print(part.annotations(), labelled.advice());
        Messages.detail(
                () ->
                        String.format(
                                "data %s: %d images in %s, %d boxes, %d categories",
                                part.annotations(),
                                labelled.images().samples().size(),
                                part.images(),
                                labelled.images().samples().stream()
                                        .mapToInt(sample -> sample.labels().length)
                                        .sum(),
                                labelled.images().categories().size()));
        return labelled;
    }

    /**
     * Opens the validation images, and warns of what is odd about them.
     *
     * @return the images with their annotations; empty if none are named
     * @throws IOException naming the file and record that can't be used
     * @throws BadInputException if an option is out of its range
     */
    public Optional<LabelledImages> val() throws IOException, BadInputException {
        Optional<DataFile.Part> part = parts().val();
        if (part.isEmpty()) {
            return Optional.empty();
        }
        LabelledImages val = open(part.get(), limitVal);
        if (!val.hasBoxes()) {
            DataWarnings.print(
                    part.get().annotations(),
                    List.of("has no box to find, so AP is undefined (-1)"));
        }
        return Optional.of(val);
    }

    /**
     * {@return what reads the images}
     *
     * @throws BadInputException if an option is out of its range
     */
    public ImageReader reader() throws BadInputException {
        return loading.images().reader();
    }

    /** {@return the files that the options name} */
    List<Path> files() {
        return Stream.of(data, trainAnnotations, valAnnotations).filter(Objects::nonNull).toList();
    }

    /**
     * {@return the files and folders that the options name}
     *
     * @throws IOException naming the file that can't be used
     */
    public DataFile named() throws IOException {
        return parts();
    }

    /** {@return how many of the first training images are used; 0 for all} */
    public int limitTrain() {
        return limitTrain;
    }

    /** {@return how many of the first validation images are used; 0 for all} */
    public int limitVal() {
        return limitVal;
    }

    /** {@return how images are read ahead} */
    public LoaderOptions loading() {
        return loading.loading();
    }

    /** {@return the options as another {@code fern train} takes them} */
    public List<String> arguments() {
        Stream<String> names =
                data != null
                        ? Stream.of("--data=" + data)
                        : four().map(option -> option.getKey() + "=" + option.getValue());
        Stream<String> limits = Stream.of("--limit-train=" + limitTrain, "--limit-val=" + limitVal);
        return Stream.of(names, limits, loading.arguments()).flatMap(part -> part).toList();
    }

    /** {@return the options that bear on the results, by name} */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        if (data != null) {
            json.addProperty("data", data.toString());
        } else {
            json.addProperty("trainAnnotations", trainAnnotations.toString());
            json.addProperty("trainImages", trainImages.toString());
            json.addProperty("valAnnotations", String.valueOf(valAnnotations));
            json.addProperty("valImages", String.valueOf(valImages));
        }
        json.addProperty("skipBadImages", loading.skipBadImages());
        if (!loading.images().hasDefaultOrientation()) {
            json.addProperty("orientation", loading.images().orientation());
        }
        json.addProperty("limitTrain", limitTrain);
        json.addProperty("limitVal", limitVal);
        return json;
    }
}
