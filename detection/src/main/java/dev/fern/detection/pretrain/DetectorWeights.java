package dev.fern.detection.pretrain;

import com.google.gson.JsonObject;
import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.BackboneSettings;
import dev.fern.detection.recipe.ImageSettings;
import dev.fern.detection.recipe.NetworkSettings;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.RecordJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A trained detector from which another one starts: backbone, pyramid and heads. The rows of the
 * classification output move to the places that their categories have in the new detector; those of
 * its other categories start anew.
 *
 * @param directory the model directory
 * @param model what the trained detector is besides its parameters
 */
public record DetectorWeights(Path directory, DetectorConfiguration model) {

    private static final String BACKBONE = "backbone.";
    private static final String OUTPUT_WEIGHT = "classification.output.weight";
    private static final String OUTPUT_BIAS = "classification.output.bias";

    /**
     * Returns the detector that a fresh one starts from.
     *
     * @param settings name the model directory or run
     * @return the detector to start from; empty where the settings name none
     * @throws IOException if its configuration can't be read; the message names the file
     */
    public static Optional<DetectorWeights> startOf(NetworkSettings settings) throws IOException {
        return settings.weights().isEmpty()
                ? Optional.empty()
                : Optional.of(read(Path.of(settings.weights())));
    }

    /**
     * Reads what a trained detector is; its parameters are read by {@link #copyInto}.
     *
     * @param path a model directory, or the folder of a run, which stands for its best model or
     *     else its last
     * @return the detector
     * @throws IOException if there is none, or if its configuration can't be read; the message
     *     names the file
     */
    public static DetectorWeights read(Path path) throws IOException {
        Path directory = modelIn(path);
        return new DetectorWeights(directory, ModelDirectory.readConfiguration(directory));
    }

    /** Returns a model directory, or that of the best model, or else the last, of a run. */
    static Path modelIn(Path path) {
        return List.of(path, path.resolve("best"), path.resolve("last")).stream()
                .filter(place -> Files.exists(place.resolve(ModelDirectory.CONFIGURATION_FILE)))
                .findFirst()
                .orElse(path);
    }

    /**
     * Returns the settings that describe the detector: its network, and how it resizes and
     * normalises images. Those that can't say what it is are left out: {@code backbone} and {@code
     * width} where no published depth has the backbone's shape.
     *
     * @return settings by name
     */
    public JsonObject settings() {
        Architecture shape = model.architecture();
        JsonObject settings = new JsonObject();
        BackboneSettings.of(shape.backbone())
                .ifPresent(backbone -> settings.asMap().putAll(RecordJson.write(backbone).asMap()));
        settings.addProperty("norm", shape.backbone().norm().id());
        settings.asMap().putAll(RecordJson.write(shape.pyramid()).asMap());
        settings.asMap().putAll(RecordJson.write(shape.head()).asMap());
        settings.asMap()
                .putAll(
                        RecordJson.write(
                                        new NetworkSettings.AnchorSettings(
                                                shape.anchors().sizes(),
                                                shape.anchors().scales(),
                                                shape.anchors().aspectRatios()))
                                .asMap());
        CanvasRule canvas = model.canvas();
        settings.asMap()
                .putAll(
                        RecordJson.write(
                                        new ImageSettings(
                                                canvas.minSize(),
                                                canvas.maxSize(),
                                                model.normalization().mean(),
                                                model.normalization().std()))
                                .asMap());
        return settings;
    }

    /**
     * Returns the shape of a detector that starts from this one: that of this one, with the norm of
     * the settings in the backbone.
     *
     * @param settings of the new detector's network
     * @return the shape of the new detector
     * @throws IllegalArgumentException naming the settings that contradict this detector, or the
     *     norm if the backbone's norms can be neither kept nor replaced
     */
    public Architecture architecture(NetworkSettings settings) {
        Architecture shape = model.architecture();
        List<String> contradictions = new ArrayList<>();
        BackboneConfiguration backbone = shape.backbone().withNorm(settings.norm());
        if (!backbone.equals(settings.architecture().backbone())) {
            BackboneSettings expected =
                    BackboneSettings.of(backbone)
                            .orElse(TrainingConfiguration.of(List.of()).network().backbone());
            compare(contradictions, "backbone", settings.backbone().id(), expected.id());
            compare(contradictions, "width", settings.backbone().width(), expected.width());
        }
        JsonObject described = settings();
        for (Record part : List.of(settings.pyramid(), settings.head(), settings.anchors())) {
            RecordJson.write(part)
                    .asMap()
                    .forEach(
                            (name, own) -> compare(contradictions, name, own, described.get(name)));
        }
        if (!contradictions.isEmpty()) {
            throw new IllegalArgumentException(
                    directory
                            + ": the settings contradict these weights: "
                            + String.join("; ", contradictions)
                            + "; leave them out");
        }
        Optional<String> mismatch = backbone.mismatch(shape.backbone());
        if (mismatch.isPresent() && !NormChange.isOne(shape.backbone(), backbone)) {
            throw new IllegalArgumentException(
                    directory
                            + ": the backbone's norms can't be taken over: the settings have "
                            + mismatch.get());
        }
        return new Architecture(backbone, shape.pyramid(), shape.head(), shape.anchors());
    }

    private static void compare(
            List<String> contradictions, String name, Object setting, Object own) {
        if (!setting.equals(own)) {
            contradictions.add(name + " is " + setting + ", the model's is " + own);
        }
    }

    /**
     * {@return whether the backbone's batch norms give way to norms of another kind, which start
     * anew}
     *
     * @param detector the new detector's shape
     */
    public boolean changesNorms(Architecture detector) {
        return NormChange.isOne(model.architecture().backbone(), detector.backbone());
    }

    /**
     * Finds the places of the trained categories.
     *
     * @param categories the new detector's
     * @return this detector's categories as the model's, the new ones as the data set's
     * @throws IllegalArgumentException if it is not clear which category is which
     */
    public CategoryMatch match(List<CocoCategory> categories) {
        return CategoryMatch.of(model.categories(), categories);
    }

    /**
     * Gives a fresh detector the trained parameters. In the classification output those of
     * categories that this detector does not have stay as they are.
     *
     * @param detector of the shape that {@link #architecture} returns
     * @throws IOException naming the model directory if its parameters can't be read or do not fit
     * @throws IllegalArgumentException if it is not clear which category is which
     */
    public void copyInto(Detector detector) throws IOException {
        Map<String, Tensor> trained = ModelDirectory.readParameters(directory);
        Map<String, Tensor> all = detector.copyParameters();
        CategoryMatch match = match(detector.configuration().categories());
        int anchors = model.architecture().anchors().perLocation();
        for (String name : List.of(OUTPUT_WEIGHT, OUTPUT_BIAS)) {
            Tensor rows = trained.get(name);
            if (rows != null && rows.data().length % (anchors * model.categories().size()) == 0) {
                trained.put(name, moved(rows, all.get(name), anchors, match));
            }
        }
        if (changesNorms(detector.configuration().architecture())) {
            Map<String, Tensor> norms = NormChange.convolutions(trained);
            trained.keySet()
                    .removeIf(name -> name.startsWith(BACKBONE) && !norms.containsKey(name));
        } else {
            all.keySet().removeIf(name -> name.startsWith(BACKBONE));
        }
        all.keySet().removeIf(name -> !name.startsWith(BACKBONE));
        all.putAll(trained);
        try {
            ParameterValues.assign(detector.network(), all);
        } catch (IllegalArgumentException e) {
            throw ModelDirectory.notFitting(directory, e);
        }
    }

    /**
     * Returns fresh rows of the classification output with the trained rows at their new places.
     *
     * @param trained [A * K, ...] with row a * K + k for anchor a and category k
     * @param fresh [A * L, ...]
     * @param anchors A
     */
    private Tensor moved(Tensor trained, Tensor fresh, int anchors, CategoryMatch match) {
        int before = model.categories().size();
        int after = Math.toIntExact(fresh.shape()[0] / anchors);
        int row = trained.data().length / (anchors * before);
        float[] data = Arrays.copyOf(fresh.data(), fresh.data().length);
        for (int a = 0; a < anchors; a++) {
            for (int k = 0; k < before; k++) {
                if (match.inData(k) >= 0) {
                    System.arraycopy(
                            trained.data(),
                            (a * before + k) * row,
                            data,
                            (a * after + match.inData(k)) * row,
                            row);
                }
            }
        }
        return new Tensor(fresh.shape(), data);
    }
}
