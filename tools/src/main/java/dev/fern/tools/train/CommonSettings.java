package dev.fern.tools.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.recipe.SettingsFile;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.LibTorchOption;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for settings that detectors and classifiers have in common. */
final class CommonSettings {

    @OptionSection(Section.RUN)
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "JSON file of settings. Options override them; settings that are given"
                            + " nowhere keep their defaults.")
    private Path config;

    @OptionSection(Section.RUN)
    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Set any setting by the name that it has in a file of settings, such as --set"
                            + " clipNorm=5. May be repeated.")
    private Map<String, String> settings = Map.of();

    @OptionSection(Section.MODEL)
    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description =
                    "Backbone: resnet18, resnet34, resnet50, resnet101 or resnet152; v2 at the"
                            + " end, such as resnet50v2, stands for pre-activation. Default: resnet18.")
    private String backbone;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--width",
            paramLabel = "X",
            description = "Factor on the number of channels of the backbone. Default:" + " 0.5.")
    private Double width;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--norm",
            paramLabel = "NAME",
            description =
                    "Normaliser of the backbone: frn (FRN + TLU), frn-eps (FRN with a learned"
                            + " epsilon), bn, brn (Batch Renormalization; brnN has a schedule of N steps),"
                            + " frozen-bn (frozen-bn-eps0: epsilon 0), gn (32 groups), gnN (N groups), ln or in. -relu or -tlu at the"
                            + " end chooses another activation: frn-relu, bn-tlu. Default:"
                            + " frn.")
    private String norm;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description =
                    "Number of images that pass the network together. Default: 2, for fern pretrain"
                            + " 16. fern train also takes auto,"
                            + " which measures steps and chooses the largest power of two, at most 64,"
                            + " whose step fits into 80%% of the available memory; it leaves the learning"
                            + " rate as it is.")
    private String batchSize;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Number of batches whose gradients make one step. Default: 1.")
    private Integer accumulate;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Length of the training in passes over the images. Default: 40.")
    private Integer epochs;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "Length of the training in steps, in place of --epochs. Default: 0, which goes by"
                            + " --epochs.")
    private Long steps;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Learning rate after the warm-up, before it falls. Default: 0.05.")
    private Double learningRate;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--warmup-steps",
            paramLabel = "N",
            description =
                    "Number of first steps over which the learning rate rises to its full value."
                            + " Default: 200.")
    private Long warmupSteps;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How the learning rate falls: cosine (to 0 at the end) or step (to a tenth at"
                            + " each part of the training that the setting milestones names). Default: cosine.")
    private String schedule;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Seed of the initial parameters, the order of the images and the"
                            + " augmentation. Default: 1.")
    private Long seed;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--ema-decay",
            paramLabel = "X",
            description =
                    "Evaluate and save a moving average of the weights, which keeps this part of"
                            + " itself at each step, such as 0.9998. Default: 0, which turns it off.")
    private Double emaDecay;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--patience",
            paramLabel = "N",
            description =
                    "End the training after N evaluations in a row without a better score. Default:"
                            + " 0, which trains to the end.")
    private Integer patience;

    @OptionSection(Section.RUN)
    @Option(
            names = "--keep-checkpoints",
            paramLabel = "N",
            description = "Number of checkpoints to keep, including the last one. Default: 2.")
    private Integer keepCheckpoints;

    @OptionSection(Section.RUN)
    @Option(
            names = "--checkpoint-minutes",
            paramLabel = "X",
            description =
                    "Minutes from one checkpoint to the next within an epoch; 0 does not go by"
                            + " time. Default: 10.")
    private Double checkpointMinutes;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "DJL engine: MXNet or PyTorch. Default: MXNet.")
    private String engine;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "Numbers that the network is computed in: float32, bf16 (faster on GPUs and on"
                            + " processors that multiply it, less exact), or auto for bf16 where the"
                            + " processor multiplies it and else float32. Default: float32.")
    private String precision;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--devices",
            paramLabel = "NAME",
            description =
                    "Devices to train on: cpu, gpu (all GPUs), gpu:0,1 (GPUs 0 and 1), or auto"
                            + " (the GPUs that the engine sees, else the CPU). Several devices share every"
                            + " batch. Default: auto.")
    private String devices;

    @Mixin private LibTorchOption libTorch;

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
     * Lays the settings of the options over those of the file. A batch size that is to be found
     * leaves the setting as it is.
     *
     * @param base a file of settings to start from, in place of the defaults, such as a run's
     *     {@code config.json}
     * @param more settings of other options by name; null for those that were not given
     * @param reader makes a configuration of the layers; throws an IllegalArgumentException if a
     *     setting is unknown or out of range
     * @return what the reader makes
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    <T> T read(Optional<Path> base, Map<String, Object> more, Function<List<JsonObject>, T> reader)
            throws IOException, BadInputException {
        List<JsonObject> layers = new ArrayList<>();
        if (base.isPresent()) {
            JsonObject ofRun = SettingsFile.read(base.get());
            try {
                reader.apply(List.of(ofRun));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(base.get() + ": " + e.getMessage(), e);
            }
            layers.add(ofRun);
        }
        if (config != null) {
            layers.add(SettingsFile.read(config));
        }
        JsonObject options = new JsonObject();
        settings.forEach((key, value) -> options.add(key, value(value)));
        given().forEach((key, value) -> put(options, key, value));
        more.forEach((key, value) -> put(options, key, value));
        layers.add(options);
        try {
            return reader.apply(layers);
        } catch (IllegalArgumentException e) {
            boolean ofFile =
                    config != null && fails(reader, layers.subList(0, layers.size() - 1), e);
            throw new BadInputException((ofFile ? config + ": " : "") + e.getMessage(), e);
        }
    }

    /** Returns whether layers fail as others did that have options on top of them. */
    private static boolean fails(
            Function<List<JsonObject>, ?> reader,
            List<JsonObject> layers,
            IllegalArgumentException before) {
        try {
            reader.apply(layers);
            return false;
        } catch (IllegalArgumentException e) {
            return before.getMessage().equals(e.getMessage());
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
        given.put("precision", precision);
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

    /**
     * Returns the value of a setting given on the command line: JSON if it is valid JSON, else a
     * string.
     */
    private static JsonElement value(String text) {
        try {
            return JsonParser.parseString(text);
        } catch (JsonParseException e) {
            return new JsonPrimitive(text);
        }
    }
}
