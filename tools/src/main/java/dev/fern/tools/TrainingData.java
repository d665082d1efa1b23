package dev.fern.tools;

import com.google.gson.JsonObject;
import dev.fern.detection.data.LoaderOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say what a training learns from and is evaluated on. */
public final class TrainingData {

    private static final int MAX_LOADER_THREADS = 256;

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

    @Option(
            names = "--skip-bad-images",
            description = "Leave out images that can't be used, and count them.")
    private boolean skipBadImages;

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

    @Option(
            names = "--loader-threads",
            paramLabel = "N",
            defaultValue = "2",
            description = "Threads that read images (default: ${DEFAULT-VALUE}).")
    private int loaderThreads;

    /** Checks the numbers, before any file is read. */
    public void requireValid() throws BadInputException {
        requireNotNegative("--limit-train", limitTrain);
        requireNotNegative("--limit-val", limitVal);
        if (loaderThreads < 1 || loaderThreads > MAX_LOADER_THREADS) {
            throw new BadInputException(
                    "--loader-threads must be 1 to "
                            + MAX_LOADER_THREADS
                            + ", not "
                            + loaderThreads);
        }
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
        return LabelledImages.open(trainAnnotations, trainImages, skipBadImages, limitTrain);
    }

    /**
     * Opens what is to be evaluated on.
     *
     * @throws IOException naming the file and record that can't be used
     */
    public LabelledImages val() throws IOException {
        return LabelledImages.open(valAnnotations, valImages, skipBadImages, limitVal);
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
        return new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages);
    }

    /** Returns the options as another {@code fern train} takes them. */
    public List<String> arguments() {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--train-annotations=" + trainAnnotations,
                                "--train-images=" + trainImages,
                                "--val-annotations=" + valAnnotations,
                                "--val-images=" + valImages,
                                "--limit-train=" + limitTrain,
                                "--limit-val=" + limitVal,
                                "--loader-threads=" + loaderThreads));
        if (skipBadImages) {
            arguments.add("--skip-bad-images");
        }
        return arguments;
    }

    /** Returns the options that bear on the results. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("trainAnnotations", trainAnnotations.toString());
        json.addProperty("trainImages", trainImages.toString());
        json.addProperty("valAnnotations", valAnnotations.toString());
        json.addProperty("valImages", valImages.toString());
        json.addProperty("skipBadImages", skipBadImages);
        json.addProperty("limitTrain", limitTrain);
        json.addProperty("limitVal", limitVal);
        return json;
    }
}
