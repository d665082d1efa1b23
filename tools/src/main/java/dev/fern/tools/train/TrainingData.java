package dev.fern.tools.train;

import com.google.gson.JsonObject;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.DataWarnings;
import dev.fern.tools.console.LoadingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name the data that a training learns from and is evaluated on. */
public final class TrainingData {

    @Option(
            names = "--train-annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file of the training images, plain or gzip.")
    private Path trainAnnotations;

    @Option(
            names = "--train-images",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the training images.")
    private Path trainImages;

    @Option(
            names = "--val-annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file of the validation images, plain or gzip.")
    private Path valAnnotations;

    @Option(
            names = "--val-images",
            required = true,
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

    /**
     * Checks the numbers, before any file is read.
     *
     * @throws BadInputException if a number is out of its range
     */
    public void requireValid() throws BadInputException {
        requireNotNegative("--limit-train", limitTrain);
        requireNotNegative("--limit-val", limitVal);
        loading.requireValid();
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
        LabelledImages train = open(trainAnnotations, trainImages, limitTrain);
        if (!hasBoxes(train)) {
            throw new IOException(
                    trainAnnotations
                            + ": has no box to train on"
                            + (limitTrain > 0 ? " in its first " + limitTrain + " images" : ""));
        }
        return train;
    }

    private LabelledImages open(Path annotations, Path images, int limit)
            throws IOException, BadInputException {
        LabelledImages labelled =
                LabelledImages.open(
                        annotations,
                        images,
                        loading.images().reader(),
                        loading.skipBadImages(),
                        limit);
        DataWarnings.print(annotations, labelled.advice());
        return labelled;
    }

    private static boolean hasBoxes(LabelledImages labelled) {
        return labelled.images().samples().stream().anyMatch(sample -> sample.labels().length > 0);
    }

    /**
     * Opens the validation images, and warns of what is odd about them.
     *
     * @return the images with their annotations
     * @throws IOException naming the file and record that can't be used
     * @throws BadInputException if an option is out of its range
     */
    public LabelledImages val() throws IOException, BadInputException {
        LabelledImages val = open(valAnnotations, valImages, limitVal);
        if (!hasBoxes(val)) {
            DataWarnings.print(
                    valAnnotations, List.of("has no box to find, so AP is undefined (-1)"));
        }
        return val;
    }

    /** {@return the annotation file of the validation images} */
    public Path valAnnotations() {
        return valAnnotations;
    }

    /** {@return the annotation files} */
    List<Path> files() {
        return List.of(trainAnnotations, valAnnotations);
    }

    /** {@return the folder of the validation images} */
    public Path valImages() {
        return valImages;
    }

    /** {@return how images are read ahead} */
    public LoaderOptions loading() {
        return loading.loading();
    }

    /** {@return the options as another {@code fern train} takes them} */
    public List<String> arguments() {
        return Stream.concat(
                        Stream.of(
                                "--train-annotations=" + trainAnnotations,
                                "--train-images=" + trainImages,
                                "--val-annotations=" + valAnnotations,
                                "--val-images=" + valImages,
                                "--limit-train=" + limitTrain,
                                "--limit-val=" + limitVal),
                        loading.arguments())
                .toList();
    }

    /** {@return the options that bear on the results, by name} */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("trainAnnotations", trainAnnotations.toString());
        json.addProperty("trainImages", trainImages.toString());
        json.addProperty("valAnnotations", valAnnotations.toString());
        json.addProperty("valImages", valImages.toString());
        json.addProperty("skipBadImages", loading.skipBadImages());
        json.addProperty("orientation", loading.images().orientation());
        json.addProperty("limitTrain", limitTrain);
        json.addProperty("limitVal", limitVal);
        return json;
    }
}
