package dev.fern.tools.train;

import com.google.gson.JsonObject;
import dev.fern.detection.DetectorStart;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
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
            description = "Length in pixels to which the shorter side of an image is resized.")
    private Integer minSize;

    @Option(
            names = "--max-size",
            paramLabel = "N",
            description =
                    "Largest length in pixels of the longer side; an image that would be longer"
                            + " is made smaller.")
    private Integer maxSize;

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description =
                    "Model directory or run whose detector to start from: backbone, pyramid and"
                            + " heads. The network, its norm and the size of the images are those"
                            + " of that detector unless the settings say otherwise; outputs of categories with other"
                            + " names start anew.")
    private Path weights;

    @Option(
            names = "--backbone-weights",
            paramLabel = "DIR",
            description =
                    "Model directory, or run, whose backbone to start from: a classifier of fern"
                            + " pretrain, a ResNet of fern import, or another detector. Depth, width,"
                            + " norm and pixelMean and pixelStd are its own unless the settings name"
                            + " others.")
    private Path backboneWeights;

    @Option(
            names = "--freeze-stages",
            paramLabel = "N",
            description =
                    "Number of stages of the backbone that are not trained, counted from the input."
                            + " A ResNet has 5: the stem, then layer1 to layer4.")
    private Integer freezeStages;

    private boolean told;

    /**
     * Lays the settings of the options over those of the file, and these over the defaults.
     *
     * @return the configuration
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range, or if the batch size is to
     *     be found automatically
     */
    public TrainingConfiguration configuration() throws IOException, BadInputException {
        return configuration((String) null);
    }

    /**
     * Lays the settings of the options, with another normaliser, over those of the file, and these
     * over the defaults.
     *
     * @param norm a name that {@code --norm} takes; null for the normaliser of the settings
     * @return the configuration
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range, or if the batch size is to
     *     be found automatically
     */
    public TrainingConfiguration configuration(String norm) throws IOException, BadInputException {
        if (isBatchSizeAutomatic()) {
            throw new BadInputException("only fern train takes --batch-size auto; give a number");
        }
        return configuration(Optional.empty(), norm);
    }

    /**
     * Lays the settings of the options over those of the file, and these over those of a base. A
     * batch size that is to be found automatically leaves the setting as it is.
     *
     * @param base a file of settings to start from, in place of the defaults, such as a run's
     *     {@code config.json}
     * @return the configuration
     * @throws IOException naming the file if it can't be read
     * @throws BadInputException if a setting is unknown or out of range
     */
    public TrainingConfiguration configuration(Optional<Path> base)
            throws IOException, BadInputException {
        return configuration(base, null);
    }

    /** {@return whether the batch size is to be found by what fits into memory} */
    public boolean isBatchSizeAutomatic() {
        return common.isBatchSizeAutomatic();
    }

    private TrainingConfiguration configuration(Optional<Path> base, String norm)
            throws IOException, BadInputException {
        Map<String, Object> options = new HashMap<>();
        options.put("norm", norm);
        options.put("minSize", minSize);
        options.put("maxSize", maxSize);
        options.put("weights", weights);
        options.put("backboneWeights", backboneWeights);
        options.put("freezeStages", freezeStages);
        try {
            return common.read(
                    base, options, base.isPresent() ? TrainingConfiguration::of : this::start);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Reads the settings of a training that begins. */
    private TrainingConfiguration start(List<JsonObject> given) {
        try {
            return DetectorStart.settings(given, this::tellOnce);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints a line, though settings are read several times to find a fault. */
    private void tellOnce(String line) {
        if (!told) {
            told = true;
            System.err.println(VisibleText.of(line));
        }
    }
}
