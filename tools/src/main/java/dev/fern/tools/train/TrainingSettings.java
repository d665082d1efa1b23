package dev.fern.tools.train;

import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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

    @Option(
            names = "--freeze-stages",
            paramLabel = "N",
            description =
                    "Stages of the backbone that are not trained: 1 the stem, 2 the stem and layer1,"
                            + " ..., 5 all.")
    private Integer freezeStages;

    /**
     * Lays the settings of the options over those of the file, and these over the defaults.
     *
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    public TrainingConfiguration configuration() throws IOException, BadInputException {
        return configuration((String) null);
    }

    /** Likewise, with another normaliser in place of the option's; null for the settings' own. */
    public TrainingConfiguration configuration(String norm) throws IOException, BadInputException {
        if (isBatchSizeAutomatic()) {
            throw new BadInputException("--batch-size auto is for fern train alone");
        }
        return configuration(Optional.empty(), norm);
    }

    /**
     * Likewise, where {@link #isBatchSizeAutomatic} is allowed, which leaves the batch size as it
     * is.
     *
     * @param base a file of settings that stands in for the defaults, such as a run's {@code
     *     config.json}
     */
    public TrainingConfiguration configuration(Optional<Path> base)
            throws IOException, BadInputException {
        return configuration(base, null);
    }

    /** Returns whether the batch size is to be found by what fits into memory. */
    public boolean isBatchSizeAutomatic() {
        return common.isBatchSizeAutomatic();
    }

    private TrainingConfiguration configuration(Optional<Path> base, String norm)
            throws IOException, BadInputException {
        Map<String, Object> options = new HashMap<>();
        options.put("norm", norm);
        options.put("minSize", minSize);
        options.put("maxSize", maxSize);
        options.put("backboneWeights", backboneWeights);
        options.put("freezeStages", freezeStages);
        return common.read(base, options, TrainingConfiguration::of);
    }
}
