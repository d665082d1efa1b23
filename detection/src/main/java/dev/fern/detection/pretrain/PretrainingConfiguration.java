package dev.fern.detection.pretrain;

import static dev.fern.detection.settings.LayeredSettings.require;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.data.ColorJitter;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.recipe.BackboneSettings;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.MachineSettings;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.settings.LayeredSettings;
import dev.fern.detection.settings.Unwrapped;
import java.util.List;

/**
 * Every setting of the training of a classifier, as a configuration file holds them: flat, by the
 * names of the branches' components. The defaults are those of {@code pretraining-defaults.json}
 * beside this class; settings that detectors have too have the same names.
 *
 * @param machine where it runs
 * @param seed of the initial parameters, the split, the order of the images and their augmentation
 * @param backbone below the head
 * @param stem what comes before the backbone's stages
 * @param input what the network sees of an image
 * @param pixelMean see {@link PixelNormalization}
 * @param pixelStd see {@link PixelNormalization}
 * @param augmentation what happens to training images
 * @param labelSmoothing see {@link CrossEntropyLoss}
 * @param valFraction part of each class that is held out for validation where no other images are
 *     given for it, above 0 and below 1
 * @param loop how the training goes through its images
 * @param optimization how steps are taken
 */
public record PretrainingConfiguration(
        @Unwrapped MachineSettings machine,
        long seed,
        @Unwrapped BackboneSettings backbone,
        Stem stem,
        @Unwrapped ClassifierInput input,
        List<Double> pixelMean,
        List<Double> pixelStd,
        @Unwrapped CropSettings augmentation,
        double labelSmoothing,
        double valFraction,
        @Unwrapped LoopSettings loop,
        @Unwrapped Optimization optimization) {

    /** Checks what no branch checks, and that a batch fits the network. */
    public PretrainingConfiguration {
        new PixelNormalization(pixelMean, pixelStd);
        new CrossEntropyLoss(labelSmoothing);
        require(
                valFraction > 0 && valFraction < 1,
                "valFraction must be above 0 and below 1, not " + valFraction);
        augmentation.crop(input.inputSize());
        input.requireFit(backbone.configuration(stem), loop.batchSize());
    }

    /**
     * What happens to training images.
     *
     * @param cropArea smallest and largest part of an image's area, see {@link RandomResizedCrop}
     * @param cropAspect smallest and largest ratio of a window's width to its height, see {@link
     *     RandomResizedCrop}
     * @param horizontalFlip probability that left and right are swapped
     * @param colorJitter change of light and colour
     */
    public record CropSettings(
            List<Double> cropArea,
            List<Double> cropAspect,
            double horizontalFlip,
            @Unwrapped ColorJitter colorJitter) {

        /** Checks the lists' lengths. */
        public CropSettings {
            require(cropArea.size() == 2, "cropArea takes two parts: smallest and largest");
            require(cropAspect.size() == 2, "cropAspect takes two ratios: smallest and largest");
        }

        private RandomResizedCrop crop(int inputSize) {
            return new RandomResizedCrop(
                    inputSize,
                    cropArea.get(0),
                    cropArea.get(1),
                    cropAspect.get(0),
                    cropAspect.get(1),
                    horizontalFlip,
                    colorJitter);
        }
    }

    /**
     * Lays settings over the defaults.
     *
     * @param layers settings by name, later ones over earlier ones
     * @throws IllegalArgumentException if a name is unknown, naming the right one that is near or
     *     else all, or a value is of another kind or out of range
     */
    public static PretrainingConfiguration of(List<JsonObject> layers) {
        return LayeredSettings.read(
                PretrainingConfiguration.class, "pretraining-defaults.json", layers);
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
                backbone.configuration(stem),
                classes,
                input,
                new PixelNormalization(pixelMean, pixelStd));
    }

    /** Returns a fresh classifier that is to be trained. */
    public Classifier newClassifier(List<String> classes) {
        return Classifier.create(classifier(classes), machine.engine(), deviceList().get(0), seed);
    }

    /** Returns the devices to train on, see {@link MachineSettings#deviceList}. */
    public List<Device> deviceList() {
        return machine.deviceList(backbone.norm().isBatchIndependent(), backbone.norm());
    }

    /** Returns the loss. */
    public CrossEntropyLoss loss() {
        return new CrossEntropyLoss(labelSmoothing);
    }

    /** Returns what happens to training images. */
    public RandomResizedCrop crop() {
        return augmentation.crop(input.inputSize());
    }
}
