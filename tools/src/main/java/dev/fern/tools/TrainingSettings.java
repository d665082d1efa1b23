package dev.fern.tools;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.TextFile;
import dev.fern.detection.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that make a training's configuration. */
public final class TrainingSettings {

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
                            + " frozen-bn, gn, gnN (N groups), ln or in; gn-tlu for TLU in place of ReLU.")
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

    /**
     * Lays the settings of the options over those of the file, and these over the defaults.
     *
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    public TrainingConfiguration configuration() throws IOException, BadInputException {
        return configuration(norm);
    }

    /** Likewise, with another normaliser in place of the option's; null for the settings' own. */
    public TrainingConfiguration configuration(String norm) throws IOException, BadInputException {
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
            JsonElement root = JsonParser.parseString(TextFile.read(file));
            if (root.isJsonObject()) {
                return root.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            throw new BadInputException(file + ": not JSON: " + e.getMessage(), e);
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
