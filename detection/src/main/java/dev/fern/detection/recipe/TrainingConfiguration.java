package dev.fern.detection.recipe;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.AugmentationParameters;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.settings.LayeredSettings;
import dev.fern.detection.settings.Unwrapped;
import java.util.List;

/**
 * Every setting of the training of a detector, as a configuration file holds them: flat, by the
 * names of the branches' components. The defaults are those of {@code defaults.json} beside this
 * class.
 *
 * @param machine where it runs
 * @param seed of the initial parameters, the order of the images and their augmentation
 * @param network what is trained
 * @param images what the network sees of an image
 * @param augmentation what happens to training images
 * @param matcher which anchors learn which box
 * @param loss what is made small
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
     * @param layers settings by name, later ones over earlier ones
     * @throws IllegalArgumentException if a name is unknown, naming the right one that is near or
     *     else all, or a value is of another kind or out of range
     */
    public static TrainingConfiguration of(List<JsonObject> layers) {
        return LayeredSettings.read(TrainingConfiguration.class, "defaults.json", layers);
    }

    /** Returns the settings as a configuration file holds them. */
    public String toJson() {
        return LayeredSettings.toJson(this);
    }

    /** Returns these settings with another batch size. */
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
     * Returns which settings differ from those of another training, as in {@code seed is 2, was 1},
     * but for those that say only how often it is looked at and saved, and when it is given up.
     */
    public List<String> changesFrom(TrainingConfiguration other) {
        return LayeredSettings.changes(this, other);
    }

    /** Returns what the detector that is to be trained is. */
    public DetectorConfiguration detector(List<CocoCategory> categories) {
        return new DetectorConfiguration(
                DetectorConfiguration.VERSION,
                network.architecture(),
                categories,
                images.canvasRule(),
                images.normalization(),
                postProcessing);
    }

    /** Returns a fresh detector that is to be trained. */
    public Detector newDetector(List<CocoCategory> categories) {
        Detector fresh =
                Detector.create(
                        detector(categories),
                        machine.engine(),
                        deviceList().get(0),
                        seed,
                        network.headDeviation());
        fresh.network().freezeBackbone(network.freezeStages());
        return fresh;
    }

    /** Returns the devices to train on, see {@link MachineSettings#deviceList}. */
    public List<Device> deviceList() {
        return machine.deviceList(
                network.architecture().isBatchIndependent(), network.backbone().norm());
    }
}
