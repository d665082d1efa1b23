package dev.fern.detection.recipe;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.AugmentationParameters;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.settings.LayeredSettings;
import dev.fern.detection.settings.Unwrapped;
import java.util.List;

/**
 * Every setting of the training of a detector. A configuration file holds them flat, by the names
 * of the branches' components. The defaults stand in {@code defaults.json} beside this class.
 *
 * @param machine where the training runs
 * @param seed of the initial parameters, the order of the images and their augmentation
 * @param network what is trained, and what it starts from
 * @param images what the network sees of an image
 * @param augmentation what happens to training images
 * @param matcher which anchors learn which box
 * @param loss what the training minimises
 * @param loop how the training goes through its images
 * @param optimization how steps are taken
 * @param postProcessing how outputs become detections
 */
public record TrainingConfiguration(
        @Unwrapped MachineSettings machine,
        long seed,
        @Unwrapped NetworkSettings network,
        @Unwrapped ImageSettings images,
        @Unwrapped AugmentationParameters augmentation,
        @Unwrapped Matcher matcher,
        @Unwrapped LossSettings loss,
        @Unwrapped LoopSettings loop,
        @Unwrapped Optimization optimization,
        @Unwrapped PostProcessing postProcessing) {

    /**
     * Lays settings over the defaults.
     *
     * @param layers settings by name; those of later layers go over those of earlier ones
     * @return the configuration, with every setting
     * @throws IllegalArgumentException if a name is unknown, with the name that is probably meant
     *     or else all names; or if a value is of another kind or out of its range
     */
    public static TrainingConfiguration of(List<JsonObject> layers) {
        return LayeredSettings.read(TrainingConfiguration.class, "defaults.json", layers);
    }

    /**
     * {@return every setting as a configuration file holds it: a JSON object that ends in a line
     * break}
     */
    public String toJson() {
        return LayeredSettings.toJson(this);
    }

    /**
     * {@return these settings with another batch size}
     *
     * @param batchSize at least 1
     */
    public TrainingConfiguration withBatchSize(int batchSize) {
        return new TrainingConfiguration(
                machine,
                seed,
                network,
                images,
                augmentation,
                matcher,
                loss,
                loop.withBatchSize(batchSize),
                optimization,
                postProcessing);
    }

    /**
     * Compares these settings with those of an earlier training. Settings that change no step, such
     * as how often the model is evaluated or saved, are left out.
     *
     * @param other settings of the earlier training
     * @return one phrase per difference, as in {@code seed is 2, was 1}; empty if there is none
     */
    public List<String> changesFrom(TrainingConfiguration other) {
        return LayeredSettings.changes(this, other);
    }

    /**
     * {@return the configuration of the detector that is trained}
     *
     * @param categories what it learns to find, in the order of its logits
     */
    public DetectorConfiguration detector(List<CocoCategory> categories) {
        return detector(network.architecture(), categories);
    }

    private DetectorConfiguration detector(
            Architecture architecture, List<CocoCategory> categories) {
        return new DetectorConfiguration(
                DetectorConfiguration.VERSION,
                architecture,
                categories,
                images.canvasRule(),
                images.normalization(),
                postProcessing);
    }

    /**
     * Makes the detector that is trained, with fresh parameters, on the first of the devices.
     *
     * @param categories what it learns to find, in the order of its logits
     * @return the detector, its first stages frozen as set; the caller closes it
     * @throws IllegalArgumentException if the engine does not see a device, or if this machine
     *     can't compute in the precision
     */
    public Detector newDetector(List<CocoCategory> categories) {
        return newDetector(network.architecture(), categories);
    }

    /**
     * Makes the detector that is trained, with fresh parameters, on the first of the devices.
     *
     * @param architecture the shape of the network, which may be one that no settings describe
     * @param categories what it learns to find, in the order of its logits
     * @return the detector, its first stages frozen as set; the caller closes it
     * @throws IllegalArgumentException if the engine does not see a device, or if this machine
     *     can't compute in the precision
     */
    public Detector newDetector(Architecture architecture, List<CocoCategory> categories) {
        Device device = deviceList().get(0);
        Detector fresh =
                Detector.create(
                        detector(architecture, categories),
                        machine.engine(),
                        device,
                        seed,
                        network.headDeviation());
        try {
            fresh.setPrecision(machine.precision());
        } catch (IllegalArgumentException e) {
            fresh.close();
            throw e;
        }
        fresh.network().freezeBackbone(network.freezeStages());
        return fresh;
    }

    /**
     * {@return the devices to train on, at least one, see {@link MachineSettings#deviceList}}
     *
     * @throws IllegalArgumentException if the engine does not see a device, or if several are named
     *     for a network that mixes images
     */
    public List<Device> deviceList() {
        return machine.deviceList(network.architecture().mixingNorm());
    }
}
