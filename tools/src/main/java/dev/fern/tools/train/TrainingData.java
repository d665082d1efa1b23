package dev.fern.tools.train;

import com.google.gson.JsonObject;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.LoadingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what a training learns from and is evaluated on. */
public final class TrainingData {

    @Option(
            names = "--train-annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file of the training images.")
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
            description = "COCO instances file of the validation images.")
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
            description = "Train on the first N images only.")
    private int limitTrain;

    @Option(
            names = "--limit-val",
            paramLabel = "N",
            description = "Evaluate on the first N images only.")
    private int limitVal;

    /** Checks the numbers, before any file is read. */
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
     * Opens what is to be learned from.
     *
     * @throws IOException naming the file and record that can't be used
     */
    public LabelledImages train() throws IOException {
        return LabelledImages.open(
                trainAnnotations, trainImages, loading.skipBadImages(), limitTrain);
    }

    /**
     * Opens what is to be evaluated on.
     *
     * @throws IOException naming the file and record that can't be used
     */
    public LabelledImages val() throws IOException {
        return LabelledImages.open(valAnnotations, valImages, loading.skipBadImages(), limitVal);
    }

    /** Returns the annotations of what is to be evaluated on. */
    public Path valAnnotations() {
        return valAnnotations;
    }

    /** Returns the folder of what is to be evaluated on. */
    public Path valImages() {
        return valImages;
    }

    /** Returns how images are read ahead. */
    public LoaderOptions loading() {
        return loading.loading();
    }

    /** Returns the options as another {@code fern train} takes them. */
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

    /** Returns the options that bear on the results. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("trainAnnotations", trainAnnotations.toString());
        json.addProperty("trainImages", trainImages.toString());
        json.addProperty("valAnnotations", valAnnotations.toString());
        json.addProperty("valImages", valImages.toString());
        json.addProperty("skipBadImages", loading.skipBadImages());
        json.addProperty("limitTrain", limitTrain);
        json.addProperty("limitVal", limitVal);
        return json;
    }
}
