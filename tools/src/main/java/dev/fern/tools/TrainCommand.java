package dev.fern.tools;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fern train}. */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives config.json (every setting), metrics.jsonl (a line a step and"
                    + " an evaluation), the curves loss.png and ap.png, and the model directories"
                    + " last and best.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it."
        })
final class TrainCommand implements Callable<Integer> {

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
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "JSON file of settings; options below override it.")
    private Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Override any setting of the configuration; may be repeated.")
    private Map<String, String> settings = Map.of();

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "resnet18, resnet34, resnet50, resnet101 or resnet152.")
    private String backbone;

    @Option(
            names = "--width",
            paramLabel = "X",
            description = "Factor on the backbone's channels, such as 0.5.")
    private Double width;

    @Option(
            names = "--norm",
            paramLabel = "NAME",
            description =
                    "Normaliser of the backbone: frn (FRN + TLU), frn-eps (learned epsilon), bn,"
                            + " frozen-bn, gn or gnN (N groups).")
    private String norm;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description = "Images that pass the network together.")
    private Integer batchSize;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Batches whose gradients make one step.")
    private Integer accumulate;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the images.")
    private Integer epochs;

    @Option(names = "--steps", paramLabel = "N", description = "Steps, instead of epochs.")
    private Long steps;

    @Option(
            names = "--min-size",
            paramLabel = "N",
            description = "The shorter side of an image is resized to this many pixels ...")
    private Integer minSize;

    @Option(
            names = "--max-size",
            paramLabel = "N",
            description = "... unless the longer one would exceed this.")
    private Integer maxSize;

    @Option(names = "--lr", paramLabel = "X", description = "Learning rate after the warm-up.")
    private Double learningRate;

    @Option(
            names = "--warmup-steps",
            paramLabel = "N",
            description = "Steps over which the learning rate rises.")
    private Long warmupSteps;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "Decay of the learning rate: cosine or step.")
    private String schedule;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the parameters, the order and the augmentation.")
    private Long seed;

    @Option(names = "--engine", paramLabel = "NAME", description = "DJL engine: MXNet.")
    private String engine;

    @Option(
            names = "--resume",
            description = "Go on from the last checkpoint in the output folder.")
    private boolean resume;

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

    @Option(
            names = "--log-every",
            paramLabel = "N",
            description = "Steps from one log line to the next where there is no terminal.")
    private int logEvery;

    @Override
    public Integer call() throws Exception {
        requireAtLeast(0, "--limit-train", limitTrain);
        requireAtLeast(0, "--limit-val", limitVal);
        requireAtLeast(1, "--loader-threads", loaderThreads);
        requireAtLeast(0, "--log-every", logEvery);
        TrainingConfiguration configuration = configuration();
        RunDirectory run = RunDirectory.create(output);
        if (resume) {
            checkResumable(run, configuration);
        } else if (run.hasCheckpoint()) {
            throw new BadInputException(
                    output
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        } else if (run.holdsOtherFiles()) {
            throw new BadInputException(
                    output
                            + ": holds files that a training would replace (best, last, config.json"
                            + " or metrics.jsonl); choose another --output");
        }
        LabelledImages train =
                LabelledImages.open(trainAnnotations, trainImages, skipBadImages, limitTrain);
        LabelledImages val =
                LabelledImages.open(valAnnotations, valImages, skipBadImages, limitVal);
        LoaderOptions loading =
                new LoaderOptions(loaderThreads, 2 * loaderThreads + 1, skipBadImages);
        int status =
                new TrainingRun(configuration, train, val, run, loading, logEvery).execute(resume);
        if (status == 0) {
            System.out.println("best model: " + run.best());
        }
        return status;
    }

    private static void requireAtLeast(int least, String option, int value)
            throws BadInputException {
        if (value < least) {
            throw new BadInputException(option + " must be at least " + least + ", not " + value);
        }
    }

    private void checkResumable(RunDirectory run, TrainingConfiguration configuration)
            throws IOException, BadInputException {
        if (!run.hasCheckpoint()) {
            throw new BadInputException(run.last() + ": no checkpoint to resume from");
        }
        if (Files.exists(run.configuration())
                && !Files.readString(run.configuration()).equals(configuration.toJson())) {
            throw new BadInputException(
                    run.configuration()
                            + ": the settings differ from those of the run; give the same options"
                            + " as at its start");
        }
    }

    private TrainingConfiguration configuration() throws IOException, BadInputException {
        List<JsonObject> layers = new ArrayList<>();
        if (config != null) {
            layers.add(read(config));
        }
        JsonObject options = new JsonObject();
        settings.forEach((key, value) -> options.add(key, value(value)));
        put(options, "backbone", backbone);
        put(options, "width", width);
        put(options, "norm", norm);
        put(options, "batchSize", batchSize);
        put(options, "accumulate", accumulate);
        put(options, "epochs", epochs);
        put(options, "steps", steps);
        put(options, "minSize", minSize);
        put(options, "maxSize", maxSize);
        put(options, "learningRate", learningRate);
        put(options, "warmupSteps", warmupSteps);
        put(options, "schedule", schedule);
        put(options, "seed", seed);
        put(options, "engine", engine);
        layers.add(options);
        try {
            return TrainingConfiguration.of(layers);
        } catch (IllegalArgumentException e) {
            throw new BadInputException((config == null ? "" : config + ": ") + e.getMessage(), e);
        }
    }

    private static JsonObject read(Path file) throws IOException, BadInputException {
        try {
            JsonElement root = JsonParser.parseString(Files.readString(file));
            if (root.isJsonObject()) {
                return root.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new BadInputException(file + ": not JSON: " + e.getMessage(), e);
        } catch (CharacterCodingException e) {
            throw new BadInputException(file + ": not UTF-8 text", e);
        }
        throw new BadInputException(file + ": a configuration is a JSON object of settings");
    }

    /** A setting given on the command line: JSON where it is, else a string. */
    private static JsonElement value(String text) {
        try {
            return JsonParser.parseString(text);
        } catch (JsonParseException e) {
            return new JsonPrimitive(text);
        }
    }

    private static void put(JsonObject options, String key, String value) {
        if (value != null) {
            options.addProperty(key, value);
        }
    }

    private static void put(JsonObject options, String key, Number value) {
        if (value != null) {
            options.addProperty(key, value);
        }
    }
}
