package dev.fern.tools;

import dev.fern.detection.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that make a training's configuration. */
public final class TrainingSettings {

    @Mixin private CommonSettings common;

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

    @Option(
            names = "--backbone-weights",
            paramLabel = "DIR",
            description =
                    "Start from the backbone of this model directory: a classifier's, made by fern"
                            + " pretrain, or another detector's.")
    private Path backboneWeights;

    /**
     * Lays the settings of the options over those of the file, and these over the defaults.
     *
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    public TrainingConfiguration configuration() throws IOException, BadInputException {
        return configuration(null);
    }

    /** Likewise, with another normaliser in place of the option's; null for the settings' own. */
    public TrainingConfiguration configuration(String norm) throws IOException, BadInputException {
        Map<String, Object> options = new HashMap<>();
        options.put("norm", norm);
        options.put("minSize", minSize);
        options.put("maxSize", maxSize);
        options.put("backboneWeights", backboneWeights);
        return common.read(options, TrainingConfiguration::of);
    }
}
