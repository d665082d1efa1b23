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
import java.util.Optional;

/**
 * Every setting of the training of a classifier. A configuration file holds them flat, by the names
 * of the branches' components. The defaults stand in {@code pretraining-defaults.json} beside this
 * class. Settings that the training of detectors has too have the same names.
 *
 * @param machine where the training runs
 * @param seed of the initial parameters, the split, the order of the images and their augmentation
 * @param backbone the ResNet below the head
 * @param stem what comes before the backbone's stages
 * @param input what the network sees of an image
 * @param pixelMean mean of red, green and blue, see {@link PixelNormalization}
 * @param pixelStd standard deviation of red, green and blue, see {@link PixelNormalization}
 * @param augmentation what happens to training images
 * @param labelSmoothing epsilon of the {@link CrossEntropyLoss}
 * @param valFraction part of each class that is held out for validation if no other images are
 *     given for it
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

    /**
     * Checks what no branch checks by itself, and that a batch fits the network.
     *
     * @param machine checked by itself
     * @param seed any number
     * @param backbone checked by itself
     * @param stem what comes before the backbone's stages
     * @param input of a size with which no array of a batch has 2^31 bytes or more
     * @param pixelMean three finite values
     * @param pixelStd three finite values above 0
     * @param augmentation each range of it within those of {@link RandomResizedCrop}
     * @param labelSmoothing at least 0 and below 1
     * @param valFraction above 0 and below 1
     * @param loop checked by itself
     * @param optimization checked by itself
     * @throws IllegalArgumentException if one is out of its range
     */
    public PretrainingConfiguration {
        new PixelNormalization(pixelMean, pixelStd);
        new CrossEntropyLoss(labelSmoothing);
        require(
                valFraction > 0 && valFraction < 1,
                "valFraction",
                "above 0 and below 1",
                valFraction);
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

        /**
         * Checks the lengths of the lists; {@link RandomResizedCrop} checks the ranges.
         *
         * @param cropArea two numbers
         * @param cropAspect two numbers
         * @param horizontalFlip any number
         * @param colorJitter checked by itself
         * @throws IllegalArgumentException if a list has another length
         */
        public CropSettings {
            cropArea = List.copyOf(cropArea);
            cropAspect = List.copyOf(cropAspect);
            requireTwo(cropArea, "cropArea takes two parts");
            requireTwo(cropAspect, "cropAspect takes two ratios");
        }

        private static void requireTwo(List<Double> values, String wanted) {
            if (values.size() != 2) {
                throw new IllegalArgumentException(
                        wanted + ": smallest and largest, not " + values);
            }
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
     * @param layers settings by name; those of later layers go over those of earlier ones
     * @return the configuration, with every setting
     * @throws IllegalArgumentException if a name is unknown, with the name that is probably meant
     *     or else all names; or if a value is of another kind or out of its range
     */
    public static PretrainingConfiguration of(List<JsonObject> layers) {
        return LayeredSettings.read(
                PretrainingConfiguration.class, "pretraining-defaults.json", layers);
    }

    /**
     * {@return every setting as a configuration file holds it: a JSON object that ends in a line
     * break}
     */
    public String toJson() {
        return LayeredSettings.toJson(this);
    }

    /**
     * Compares these settings with those of an earlier training. Settings that change no step, such
     * as how often the model is evaluated or saved, are left out.
     *
     * @param other settings of the earlier training
     * @return one phrase per difference, as in {@code seed is 2, was 1}; empty if there is none
     */
    public List<String> changesFrom(PretrainingConfiguration other) {
        return LayeredSettings.changes(this, other);
    }

    /**
     * {@return the configuration of the classifier that is trained}
     *
     * @param classes what it learns to tell apart, in the order of its logits
     */
    public ClassifierConfiguration classifier(List<String> classes) {
        return new ClassifierConfiguration(
                backbone.configuration(stem),
                classes,
                input,
                new PixelNormalization(pixelMean, pixelStd));
    }

    /**
     * Makes the classifier that is trained, with fresh parameters, on the first of the devices.
     *
     * @param classes what it learns to tell apart, in the order of its logits
     * @return the classifier, which the caller closes
     * @throws IllegalArgumentException if the engine does not see a device, or if this machine
     *     can't compute in the precision
     */
    public Classifier newClassifier(List<String> classes) {
        Device device = deviceList().get(0);
        Classifier fresh = Classifier.create(classifier(classes), machine.engine(), device, seed);
        try {
            fresh.setPrecision(machine.precision());
            return fresh;
        } catch (IllegalArgumentException e) {
            fresh.close();
            throw e;
        }
    }

    /**
     * {@return the devices to train on, at least one, see {@link MachineSettings#deviceList}}
     *
     * @throws IllegalArgumentException if the engine does not see a device, or if several are named
     *     for a network that mixes images
     */
    public List<Device> deviceList() {
        return machine.deviceList(
                Optional.of(backbone.norm()).filter(norm -> !norm.isBatchIndependent()));
    }

    /** {@return the loss that the training minimises} */
    public CrossEntropyLoss loss() {
        return new CrossEntropyLoss(labelSmoothing);
    }

    /** {@return what happens to training images} */
    public RandomResizedCrop crop() {
        return augmentation.crop(input.inputSize());
    }
}
