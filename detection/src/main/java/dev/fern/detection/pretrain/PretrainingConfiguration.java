package dev.fern.detection.pretrain;

import static dev.fern.detection.settings.LayeredSettings.require;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.norm.Normalizations;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.data.ColorJitter;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.BackboneArchitecture;
import dev.fern.detection.settings.LayeredSettings;
import dev.fern.detection.settings.Unwrapped;
import dev.fern.detection.train.Optimization;
import dev.fern.detection.train.TrainingDevices;
import java.util.List;

/**
 * Every setting of the training of a classifier, as it stands in a configuration file. The defaults
 * are those of {@code pretraining-defaults.json} beside this class; settings that detectors have
 * too have the same names.
 *
 * @param engine DJL's name of the engine
 * @param devices see {@link Devices}
 * @param seed of the initial parameters, the split, the order of the images and their augmentation
 * @param backbone a name of {@link ResNetDepth}
 * @param width factor on the backbone's published widths
 * @param norm a name of {@link Normalizations}
 * @param stem a name of {@link Stem}
 * @param inputSize side of the network's square input in pixels
 * @param evaluationCrop see {@link RandomResizedCrop#centre}
 * @param pixelMean see {@link PixelNormalization}
 * @param pixelStd see {@link PixelNormalization}
 * @param cropArea smallest and largest, see {@link RandomResizedCrop}
 * @param cropAspect smallest and largest, see {@link RandomResizedCrop}
 * @param horizontalFlip see {@link RandomResizedCrop}
 * @param brightness see {@link ColorJitter}
 * @param contrast see {@link ColorJitter}
 * @param saturation see {@link ColorJitter}
 * @param hue see {@link ColorJitter}
 * @param labelSmoothing see {@link CrossEntropyLoss}
 * @param valFraction part of each class that is held out for validation where no other images are
 *     given for it
 * @param optimization how the loss is gone down; its settings stand among the others
 */
public record PretrainingConfiguration(
        String engine,
        String devices,
        long seed,
        String backbone,
        double width,
        String norm,
        String stem,
        int inputSize,
        double evaluationCrop,
        List<Double> pixelMean,
        List<Double> pixelStd,
        List<Double> cropArea,
        List<Double> cropAspect,
        double horizontalFlip,
        double brightness,
        double contrast,
        double saturation,
        double hue,
        double labelSmoothing,
        double valFraction,
        @Unwrapped Optimization optimization) {

    /** Checks the settings that no other class does. */
    public PretrainingConfiguration {
        Devices.requireKnown(devices);
        require(cropArea.size() == 2, "cropArea takes two parts: smallest and largest");
        require(cropAspect.size() == 2, "cropAspect takes two ratios: smallest and largest");
        require(
                valFraction > 0 && valFraction < 1,
                "valFraction must be above 0 and below 1, not " + valFraction);
    }

    /**
     * Lays settings over the defaults, and checks all by building what they describe.
     *
     * @param layers settings by name, later ones over earlier ones
     * @throws IllegalArgumentException if a name is unknown, naming the right one that is near or
     *     else all, or a value is of another kind or out of range
     */
    public static PretrainingConfiguration of(List<JsonObject> layers) {
        PretrainingConfiguration configuration =
                LayeredSettings.read(
                        PretrainingConfiguration.class, "pretraining-defaults.json", layers);
        configuration.crop();
        configuration.loss();
        configuration.optimization.loop();
        configuration
                .classifier(List.of("one", "other"))
                .requireFit(configuration.optimization.batchSize());
        return configuration;
    }

    /** Returns the settings as a configuration file holds them. */
    public String toJson() {
        return LayeredSettings.toJson(this);
    }

    /**
     * Returns which settings differ from those of another training, as in {@code seed is 2, was 1},
     * but for those that say only how often it is looked at and saved, and when it is given up.
     */
    public List<String> changesFrom(PretrainingConfiguration other) {
        return LayeredSettings.changes(this, other);
    }

    /** Returns what the classifier that is to be trained is. */
    public ClassifierConfiguration classifier(List<String> classes) {
        return new ClassifierConfiguration(
                BackboneArchitecture.of(ResNetDepth.parse(backbone), width, norm, Stem.parse(stem)),
                classes,
                inputSize,
                evaluationCrop,
                new PixelNormalization(pixelMean, pixelStd));
    }

    /** Returns a fresh classifier that is to be trained. */
    public Classifier newClassifier(List<String> classes) {
        return Classifier.create(classifier(classes), engine, deviceList().get(0), seed);
    }

    /**
     * Returns the devices to train on, at least one; no more than one where a norm mixes the images
     * of a batch, which must then be together.
     *
     * @throws IllegalArgumentException if the engine does not see them, or one is too many
     */
    public List<Device> deviceList() {
        return TrainingDevices.of(
                devices, engine, Normalizations.parse(norm).isBatchIndependent(), norm);
    }

    /** Returns the loss. */
    public CrossEntropyLoss loss() {
        return new CrossEntropyLoss(labelSmoothing);
    }

    /** Returns what happens to training images. */
    public RandomResizedCrop crop() {
        return new RandomResizedCrop(
                inputSize,
                cropArea.get(0),
                cropArea.get(1),
                cropAspect.get(0),
                cropAspect.get(1),
                horizontalFlip,
                new ColorJitter(brightness, contrast, saturation, hue));
    }
}
