package dev.fern.tools.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.pretrain.BackboneWeights;
import dev.fern.detection.pretrain.DetectorWeights;
import dev.fern.detection.recipe.NetworkSettings;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that make a training's configuration. */
public final class TrainingSettings {

    @Mixin private CommonSettings common;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--min-size",
            paramLabel = "N",
            description =
                    "Length in pixels to which the shorter side of an image is resized. Default:"
                            + " 480.")
    private Integer minSize;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--max-size",
            paramLabel = "N",
            description =
                    "Largest length in pixels of the longer side; an image that would be longer"
                            + " is made smaller. Default: 640.")
    private Integer maxSize;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description =
                    "Model directory or run whose detector to start from: backbone, pyramid and"
                            + " heads. The network, its norm and the size of the images are those"
                            + " of that detector unless the settings say otherwise; outputs of categories with other"
                            + " names start anew. Default: none; the network starts from random"
                            + " parameters.")
    private Path weights;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--backbone-weights",
            paramLabel = "DIR",
            description =
                    "Model directory, or run, whose backbone to start from: a classifier of fern"
                            + " pretrain, a ResNet of fern import, or another detector. Depth, width,"
                            + " norm and pixelMean and pixelStd are its own unless the settings name"
                            + " others. Default: none.")
    private Path backboneWeights;

    @OptionSection(Section.MODEL)
    @Option(
            names = "--freeze-stages",
            paramLabel = "N",
            description =
                    "Number of stages of the backbone that are not trained, counted from the input."
                            + " A ResNet has 5: the stem, then layer1 to layer4. Default: 0.")
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

    /**
     * Reads the settings of a training that begins: below those that are given lie those of the
     * model that it starts from.
     */
    private TrainingConfiguration start(List<JsonObject> given) {
        NetworkSettings network = TrainingConfiguration.of(given).network();
        List<JsonObject> layers = new ArrayList<>();
        try {
            Optional<DetectorWeights> detector = DetectorWeights.startOf(network);
            if (detector.isPresent()) {
                layers.add(detector.get().settings());
            }
            Optional<BackboneWeights> backbone = BackboneWeights.startOf(network);
            if (backbone.isPresent()) {
                JsonObject own = backbone.get().settings();
                given.forEach(layer -> own.asMap().keySet().removeAll(layer.keySet()));
                tell(backbone.get().directory(), own);
                layers.add(own);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        layers.addAll(given);
        return TrainingConfiguration.of(layers);
    }

    /** Says once which settings of a backbone take the place of other defaults. */
    private void tell(Path directory, JsonObject own) {
        JsonObject defaults =
                JsonParser.parseString(TrainingConfiguration.of(List.of()).toJson())
                        .getAsJsonObject();
        String taken =
                own.asMap().entrySet().stream()
                        .filter(entry -> !entry.getValue().equals(defaults.get(entry.getKey())))
                        .map(entry -> entry.getKey() + " " + text(entry.getValue()))
                        .collect(Collectors.joining(", "));
        if (!taken.isEmpty() && !told) {
            told = true;
            System.err.println(
                    VisibleText.of("settings taken over from " + directory + ": " + taken));
        }
    }

    private static String text(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }
}
