package dev.fern.detection.pretrain;

import com.google.gson.JsonObject;
import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.BackboneSettings;
import dev.fern.detection.recipe.NetworkSettings;
import dev.fern.detection.settings.RecordJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The trained backbone of a classifier, or of another detector, from which a detector starts.
 *
 * @param directory the model directory that it was read from
 * @param architecture the shape of the backbone
 * @param normalization what was done to the pixels that it was trained on
 * @param values the parameters by their names in a detector's network, which all start with {@code
 *     backbone.}
 */
public record BackboneWeights(
        Path directory,
        BackboneConfiguration architecture,
        PixelNormalization normalization,
        Map<String, Tensor> values) {

    private static final String PREFIX = "backbone.";

    /**
     * Returns what the backbone of a fresh detector starts from.
     *
     * @param settings name the model directory
     * @return the backbone to start from; empty for random values
     * @throws IOException if the model can't be read; the message names the file
     */
    public static Optional<BackboneWeights> startOf(NetworkSettings settings) throws IOException {
        return settings.backboneWeights().isEmpty()
                ? Optional.empty()
                : Optional.of(read(Path.of(settings.backboneWeights())));
    }

    /**
     * Reads the backbone of a model directory.
     *
     * @param path a model directory of a classifier or a detector, or the folder of a run, which
     *     stands for its best model or else its last
     * @return its backbone
     * @throws IOException if a file is missing or damaged; the message names it
     */
    public static BackboneWeights read(Path path) throws IOException {
        Path directory = DetectorWeights.modelIn(path);
        BackboneConfiguration architecture;
        PixelNormalization normalization;
        if (ModelDirectory.holdsClassifier(directory)) {
            ClassifierConfiguration model = ClassifierDirectory.readConfiguration(directory);
            architecture = model.backbone();
            normalization = model.normalization();
        } else {
            DetectorConfiguration model = ModelDirectory.readConfiguration(directory);
            architecture = model.architecture().backbone();
            normalization = model.normalization();
        }
        Map<String, Tensor> values = new LinkedHashMap<>(ModelDirectory.readParameters(directory));
        values.keySet().removeIf(name -> !name.startsWith(PREFIX));
        return new BackboneWeights(directory, architecture, normalization, values);
    }

    /**
     * Returns the settings that describe the backbone and the pixels that it was trained on. {@code
     * backbone} and {@code width} are left out where no published depth has its shape. No setting
     * names the stem.
     *
     * @return settings by name
     */
    public JsonObject settings() {
        BackboneConfiguration described =
                architecture instanceof ResNetConfiguration resNet
                        ? resNet.withStem(Stem.IMAGENET)
                        : architecture;
        JsonObject settings = new JsonObject();
        BackboneSettings.of(described)
                .ifPresent(backbone -> settings.asMap().putAll(RecordJson.write(backbone).asMap()));
        settings.addProperty("norm", architecture.norm().id());
        JsonObject pixels = RecordJson.write(normalization);
        settings.add("pixelMean", pixels.get("mean"));
        settings.add("pixelStd", pixels.get("std"));
        return settings;
    }

    /**
     * Checks that a detector can start from this backbone.
     *
     * @param detector the detector's shape
     * @throws IOException if the backbones differ in depth, version, widths, stem or norm; the
     *     message names the model directory and the difference
     */
    public void requireFit(Architecture detector) throws IOException {
        requireFit(architecture, detector);
    }

    private void requireFit(BackboneConfiguration own, Architecture detector) throws IOException {
        Optional<String> mismatch = detector.backbone().mismatch(own);
        if (mismatch.isPresent()) {
            throw new IOException(
                    directory
                            + ": its backbone does not fit this detector, which has "
                            + mismatch.get());
        }
    }

    /**
     * Sets the parameters of a detector's backbone and leaves the others as they are.
     *
     * @param detector receives the parameters
     * @throws IOException naming the model directory if the backbone does not fit
     */
    public void copyInto(Detector detector) throws IOException {
        requireFit(detector.configuration().architecture());
        Map<String, Tensor> all = detector.copyParameters();
        all.keySet().removeIf(name -> name.startsWith(PREFIX));
        all.putAll(values);
        assign(detector, all);
    }

    /**
     * Sets the weights of the convolutions of a detector's backbone and leaves its norms, which are
     * of another kind, and all other parameters as they are.
     *
     * @param detector receives the weights
     * @throws IOException naming the model directory if the backbones differ in more than the norm
     */
    public void copyConvolutionsInto(Detector detector) throws IOException {
        Architecture shape = detector.configuration().architecture();
        requireFit(architecture.withNorm(shape.backbone().norm()), shape);
        Map<String, Tensor> all = detector.copyParameters();
        all.putAll(NormChange.convolutions(values));
        assign(detector, all);
    }

    /**
     * {@return whether the backbone's batch norms give way to norms of another kind, so that {@link
     * #copyConvolutionsInto} is the way to start}
     *
     * @param detector the detector's shape
     */
    public boolean changesNorms(Architecture detector) {
        return NormChange.isOne(architecture, detector.backbone());
    }

    private void assign(Detector detector, Map<String, Tensor> all) throws IOException {
        try {
            ParameterValues.assign(detector.network(), all);
        } catch (IllegalArgumentException e) {
            throw ModelDirectory.notFitting(directory, e);
        }
    }
}
