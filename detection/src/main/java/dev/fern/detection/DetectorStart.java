package dev.fern.detection;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.pretrain.BackboneWeights;
import dev.fern.detection.pretrain.DetectorWeights;
import dev.fern.detection.recipe.NetworkSettings;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a training begins with: a detector with random parameters, with those of a trained backbone
 * or detector, or with the shape of the run that it resumes.
 *
 * @param configuration the settings
 * @param told receives lines for the user: what was taken from a trained model and what is new
 */
public record DetectorStart(TrainingConfiguration configuration, Consumer<String> told) {

    /**
     * Lays the settings of a training that begins over those of the model that it starts from, and
     * these over the defaults.
     *
     * @param given settings by name; those of later layers go over those of earlier ones
     * @param told receives a line that says which settings of a backbone take the place of other
     *     defaults
     * @return the configuration
     * @throws IOException if the weights that the settings name can't be read
     * @throws IllegalArgumentException if a setting is unknown or out of its range
     */
    public static TrainingConfiguration settings(List<JsonObject> given, Consumer<String> told)
            throws IOException {
        NetworkSettings network = TrainingConfiguration.of(given).network();
        List<JsonObject> layers = new ArrayList<>();
        Optional<DetectorWeights> detector = DetectorWeights.startOf(network);
        if (detector.isPresent()) {
            layers.add(detector.get().settings());
        }
        Optional<BackboneWeights> backbone = BackboneWeights.startOf(network);
        if (backbone.isPresent()) {
            JsonObject own = backbone.get().settings();
            given.forEach(layer -> own.asMap().keySet().removeAll(layer.keySet()));
            String taken = differences(own);
            if (!taken.isEmpty()) {
                told.accept(
                        "settings taken over from " + backbone.get().directory() + ": " + taken);
            }
            layers.add(own);
        }
        layers.addAll(given);
        return TrainingConfiguration.of(layers);
    }

    private static String differences(JsonObject own) {
        JsonObject defaults =
                JsonParser.parseString(TrainingConfiguration.of(List.of()).toJson())
                        .getAsJsonObject();
        return own.asMap().entrySet().stream()
                .filter(entry -> !entry.getValue().equals(defaults.get(entry.getKey())))
                .map(entry -> entry.getKey() + " " + text(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String text(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    /**
     * Makes the detector of a training that begins.
     *
     * @param categories what it learns to find, in the order of its logits
     * @return the detector, which the caller closes
     * @throws IOException if the weights that the settings name can't be read or do not fit
     * @throws TrainingRefusedException if no network can be made of the settings, or if they
     *     contradict the weights
     */
    public Detector fresh(List<CocoCategory> categories) throws IOException {
        Optional<DetectorWeights> weights = DetectorWeights.startOf(configuration.network());
        if (weights.isEmpty()) {
            return withBackbone(
                    TrainingSession.network(() -> configuration.newDetector(categories)));
        }
        Architecture shape = shape(weights.get());
        Detector detector =
                TrainingSession.network(() -> configuration.newDetector(shape, categories));
        return start(
                detector,
                () -> {
                    weights.get().copyInto(detector);
                    tell(weights.get(), detector.configuration());
                });
    }

    /** Gives a detector trained parameters. */
    private interface Start {
        void run() throws IOException;
    }

    private static Detector start(Detector detector, Start start) throws IOException {
        try {
            start.run();
            return detector;
        } catch (IllegalArgumentException e) {
            detector.close();
            throw new TrainingRefusedException(e.getMessage(), e);
        } catch (IOException e) {
            detector.close();
            throw e;
        }
    }

    private Architecture shape(DetectorWeights weights) throws TrainingRefusedException {
        try {
            return weights.architecture(configuration.network());
        } catch (IllegalArgumentException e) {
            throw new TrainingRefusedException(e.getMessage(), e);
        }
    }

    private void tell(DetectorWeights weights, DetectorConfiguration detector) {
        told.accept("backbone, pyramid and heads start from " + weights.directory());
        if (weights.changesNorms(detector.architecture())) {
            tellOfNorms(weights.model().architecture().backbone().norm().id(), detector);
        }
        tellOfPixels(weights.model().normalization(), detector);
        CategoryMatch match = weights.match(detector.categories());
        List<CategoryMatch.Pair> kept = match.pairs();
        if (!kept.isEmpty()) {
            told.accept("outputs kept: " + names(kept.stream().map(CategoryMatch.Pair::data)));
        }
        if (!match.onlyInData().isEmpty()) {
            told.accept("outputs made new: " + names(match.onlyInData().stream()));
        }
        if (!match.onlyInModel().isEmpty()) {
            told.accept("outputs left out: " + names(match.onlyInModel().stream()));
        }
    }

    private static String names(Stream<CocoCategory> categories) {
        return categories.map(CocoCategory::name).collect(Collectors.joining(", "));
    }

    private void tellOfNorms(String before, DetectorConfiguration detector) {
        told.accept(
                "warning: the backbone's norms start anew, as "
                        + detector.architecture().backbone().norm().id()
                        + " in place of "
                        + before
                        + ": its convolutions are kept, but were trained with the old norms, so that"
                        + " it must learn longer than one that keeps them");
        if (configuration.network().freezeStages() > 0) {
            told.accept(
                    "warning: the new norms of frozen stages are not trained; use --freeze-stages 0");
        }
    }

    private void tellOfPixels(PixelNormalization trained, DetectorConfiguration detector) {
        if (!trained.equals(detector.normalization())) {
            told.accept("warning: these weights were trained with another pixelMean or pixelStd");
        }
    }

    /** Gives a fresh detector the backbone that the settings name. */
    private Detector withBackbone(Detector detector) throws IOException {
        return start(
                detector,
                () -> {
                    Optional<BackboneWeights> named =
                            BackboneWeights.startOf(configuration.network());
                    if (named.isEmpty()) {
                        return;
                    }
                    BackboneWeights weights = named.get();
                    Architecture shape = detector.configuration().architecture();
                    if (weights.changesNorms(shape)) {
                        weights.copyConvolutionsInto(detector);
                        tellOfNorms(weights.architecture().norm().id(), detector.configuration());
                    } else {
                        weights.copyInto(detector);
                    }
                    told.accept("the backbone starts from " + weights.directory());
                    tellOfPixels(weights.normalization(), detector.configuration());
                });
    }

    /**
     * Makes a detector of the shape of a run's, whose parameters the run's checkpoint has.
     *
     * @param run the run that is resumed
     * @param trained what the run's detector is
     * @return the detector, which the caller closes
     * @throws TrainingRefusedException if no network can be made of the settings, or if they
     *     contradict the run
     */
    Detector resumed(RunDirectory run, DetectorConfiguration trained)
            throws TrainingRefusedException {
        Architecture shape =
                configuration.network().weights().isEmpty()
                        ? configuration.network().architecture()
                        : shape(new DetectorWeights(run.last(), trained));
        return TrainingSession.network(
                () -> configuration.newDetector(shape, trained.categories()));
    }

    /**
     * Gives training images the labels of the run that is resumed, by the names of the categories.
     *
     * @param train the training images
     * @param categories the run's
     * @return the images with the run's labels
     * @throws IOException naming the annotation file if it has boxes of a category that the run
     *     does not know, or if it is not clear which category is which
     */
    DetectionDataset labelled(LabelledImages train, List<CocoCategory> categories)
            throws IOException {
        DetectionDataset images = train.images();
        if (images.categories().equals(categories)) {
            return images;
        }
        MatchedCategories matched =
                MatchedCategories.of(categories, "the run", train.coco(), train.name());
        CategoryMatch match = matched.match();
        for (Sample sample : images.samples()) {
            Optional<CocoCategory> unknown =
                    Arrays.stream(sample.labels())
                            .filter(label -> match.inModel(label) < 0)
                            .mapToObj(images.categories()::get)
                            .findFirst();
            if (unknown.isPresent()) {
                throw new IOException(
                        train.name()
                                + ": the run does not know the category '"
                                + unknown.get().name()
                                + "'; begin another run that starts from it, with --weights");
            }
        }
        matched.notes().forEach(told);
        return images.withLabels(match::inModel, categories);
    }
}
