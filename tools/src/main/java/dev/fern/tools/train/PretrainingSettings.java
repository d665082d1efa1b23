package dev.fern.tools.train;

import dev.fern.detection.pretrain.PretrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that make the configuration of a classifier's training. */
final class PretrainingSettings {

    @Mixin private CommonSettings common;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--stem",
            paramLabel = "NAME",
            description =
                    "First layers of the backbone: imagenet (7x7 convolution of stride 2, then"
                            + " pooling) or cifar (3x3 convolution of stride 1, for images of about 32"
                            + " pixels; no detector can start from it). Default: imagenet.")
    private String stem;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--input-size",
            paramLabel = "N",
            description = "Side in pixels of the network's square input. Default: 128.")
    private Integer inputSize;

    @OptionSection(Section.OPTIMISATION)
    @Option(
            names = "--label-smoothing",
            paramLabel = "X",
            description =
                    "Part of the target, from 0 to below 1, that is spread evenly over the"
                            + " classes. Default: 0.1.")
    private Double labelSmoothing;

    @OptionSection(Section.DATA)
    @Option(
            names = "--val-fraction",
            paramLabel = "X",
            description =
                    "Part of each class of the training images that is held out for validation if"
                            + " no --val-images are given. Default: 0.1.")
    private Double valFraction;

    /** Returns whether --val-fraction was given. */
    boolean holdsOut() {
        return valFraction != null;
    }

    /**
     * Lays the settings of the options over those of the file, and these over the defaults.
     *
     * @param base a file of settings to start from, in place of the defaults, such as a run's
     *     {@code config.json}
     * @return the configuration
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    PretrainingConfiguration configuration(Optional<Path> base)
            throws IOException, BadInputException {
        if (common.isBatchSizeAutomatic()) {
            throw new BadInputException("only fern train takes --batch-size auto; give a number");
        }
        Map<String, Object> options = new HashMap<>();
        options.put("stem", stem);
        options.put("inputSize", inputSize);
        options.put("labelSmoothing", labelSmoothing);
        options.put("valFraction", valFraction);
        return common.read(base, options, PretrainingConfiguration::of);
    }
}
