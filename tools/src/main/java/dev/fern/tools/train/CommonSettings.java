package dev.fern.tools.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.files.TextFile;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The options for settings that the trainings of detectors and of classifiers have in common. */
final class CommonSettings {

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
            description =
                    "resnet18, resnet34, resnet50, resnet101 or resnet152; with v2 at the end, such"
                            + " as resnet50v2, with pre-activation.")
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
                    "Normaliser of the backbone: frn (FRN + TLU), frn-eps (learned epsilon), bn, brn"
                            + " (Batch Renormalization; brnN: its schedule in N steps), frozen-bn,"
                            + " gn (32 groups), gnN (N groups), ln or in. With -relu or -tlu at the"
                            + " end, another activation: frn-relu, bn-tlu.")
    private String norm;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description =
                    "Images that pass the network together. fern train also takes auto: the largest"
                            + " power of two, at most 64, whose step fits into 80 %% of the memory"
                            + " that is left, as measured; the learning rate stays as it is.")
    private String batchSize;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Batches whose gradients make one step.")
    private Integer accumulate;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the images.")
    private Integer epochs;

    @Option(names = "--steps", paramLabel = "N", description = "Steps, instead of epochs.")
    private Long steps;

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

    @Option(
            names = "--ema-decay",
            paramLabel = "X",
            description =
                    "Evaluate and save a moving average of the weights, which keeps this part of"
                            + " itself a step, such as 0.9998; 0 for none.")
    private Double emaDecay;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "End after N evaluations without a better score; 0 to train to the end.")
    private Integer patience;

    @Option(
            names = "--keep-checkpoints",
            paramLabel = "N",
            description = "Newest checkpoints to keep.")
    private Integer keepCheckpoints;

    @Option(
            names = "--checkpoint-minutes",
            paramLabel = "X",
            description = "Time from one checkpoint to the next within an epoch.")
    private Double checkpointMinutes;

    @Option(names = "--engine", paramLabel = "NAME", description = "DJL engine: MXNet or PyTorch.")
    private String engine;

    @Option(
            names = "--devices",
            paramLabel = "NAME",
            description =
                    "cpu, gpu (all), gpu:0,1 (those), or auto: the GPUs that the engine sees, else"
                            + " the CPU. Several share every batch.")
    private String devices;

    /** Returns whether the batch size is to be found by what fits into memory. */
    boolean isBatchSizeAutomatic() {
        return "auto".equals(batchSize);
    }

    private Integer batchSize() throws BadInputException {
        try {
            return batchSize == null ? null : Integer.valueOf(batchSize);
        } catch (NumberFormatException e) {
            throw new BadInputException(
                    "--batch-size must be a number or auto, not '" + batchSize + "'", e);
        }
    }

    /**
     * Lays the settings of the options over those of the file. A batch size that is to be found is
     * left as it is.
     *
     * @param base a file of settings that stands in for the defaults, such as a run's {@code
     *     config.json}
     * @param more settings of other options; those that are null were not given
     * @param reader makes a configuration of the layers; throws an IllegalArgumentException if a
     *     setting is unknown or out of range
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    <T> T read(Optional<Path> base, Map<String, Object> more, Function<List<JsonObject>, T> reader)
            throws IOException, BadInputException {
        List<JsonObject> layers = new ArrayList<>();
        if (base.isPresent()) {
            JsonObject ofRun = read(base.get());
            try {
                reader.apply(List.of(ofRun));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(base.get() + ": " + e.getMessage(), e);
            }
            layers.add(ofRun);
        }
        if (config != null) {
            layers.add(read(config));
        }
        JsonObject options = new JsonObject();
        settings.forEach((key, value) -> options.add(key, value(value)));
        given().forEach((key, value) -> put(options, key, value));
        more.forEach((key, value) -> put(options, key, value));
        layers.add(options);
        try {
            return reader.apply(layers);
        } catch (IllegalArgumentException e) {
            throw new BadInputException((config == null ? "" : config + ": ") + e.getMessage(), e);
        }
    }

    private Map<String, Object> given() throws BadInputException {
        Map<String, Object> given = new LinkedHashMap<>();
        given.put("backbone", backbone);
        given.put("width", width);
        given.put("norm", norm);
        given.put("batchSize", isBatchSizeAutomatic() ? null : batchSize());
        given.put("accumulate", accumulate);
        given.put("epochs", epochs);
        given.put("steps", steps);
        given.put("learningRate", learningRate);
        given.put("warmupSteps", warmupSteps);
        given.put("schedule", schedule);
        given.put("seed", seed);
        given.put("emaDecay", emaDecay);
        given.put("patience", patience);
        given.put("keepCheckpoints", keepCheckpoints);
        given.put("checkpointMinutes", checkpointMinutes);
        given.put("engine", engine);
        given.put("devices", devices);
        return given;
    }

    private static void put(JsonObject options, String key, Object value) {
        if (value instanceof Number number) {
            options.addProperty(key, number);
        } else if (value != null) {
            options.addProperty(key, value.toString());
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
}
