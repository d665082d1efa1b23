package dev.fern.detection.train;

import static dev.fern.detection.settings.LayeredSettings.require;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.norm.Normalizations;
import dev.fern.backbone.resnet.ResNet;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.AugmentationParameters;
import dev.fern.detection.data.ColorJitter;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.FocalLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.BackboneWeights;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.settings.LayeredSettings;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.Unwrapped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Every setting of a training, as it stands in a configuration file. The defaults are those of
 * {@code defaults.json} beside this class; the parts that settings describe say what they mean and
 * check their ranges.
 *
 * @param engine DJL's name of the engine
 * @param devices where it is trained; see {@link Devices}
 * @param seed of the initial parameters, the order of the images and their augmentation
 * @param backbone a name of {@link ResNetDepth}
 * @param width factor on the backbone's published widths
 * @param norm a name of {@link Normalizations}
 * @param backboneWeights model directory whose backbone a fresh detector starts from, see {@link
 *     BackboneWeights}; empty for a random one
 * @param freezeStages stages of the backbone that are not trained, counted from the stem, 0 to 5:
 *     torchvision's {@code trainable_backbone_layers} is 5 less this
 * @param pyramidChannels channels of the pyramid and the heads
 * @param p6 P5 or C5
 * @param pyramidNorm a name of {@link Normalizations}, or none
 * @param headConvolutions convolutions of each head before its output
 * @param headNorm a name of {@link Normalizations}, or none
 * @param headDeviation see {@link RetinaNet#initialize(ai.djl.ndarray.NDManager, long, double)};
 *     0.01 in the paper, whose heads are 256 channels wide; narrow ones learn far sooner with He's
 * @param anchorSizes see {@link AnchorParameters}
 * @param anchorScales see {@link AnchorParameters}
 * @param anchorRatios see {@link AnchorParameters}
 * @param minSize see {@link CanvasRule}
 * @param maxSize see {@link CanvasRule}
 * @param pixelMean see {@link PixelNormalization}
 * @param pixelStd see {@link PixelNormalization}
 * @param horizontalFlip see {@link AugmentationParameters}
 * @param verticalFlip see {@link AugmentationParameters}
 * @param multiScale min sizes to draw from; empty for {@code minSize} alone
 * @param scaleJitter smallest and largest factor on the image's size
 * @param minCrop see {@link AugmentationParameters}
 * @param brightness see {@link ColorJitter}
 * @param contrast see {@link ColorJitter}
 * @param saturation see {@link ColorJitter}
 * @param hue see {@link ColorJitter}
 * @param positiveIou see {@link Matcher}
 * @param negativeIou see {@link Matcher}
 * @param lowQualityMatches see {@link Matcher}
 * @param focalAlpha see {@link FocalLoss}
 * @param focalGamma see {@link FocalLoss}
 * @param boxLoss a name of {@link BoxLoss}
 * @param boxLossWeight see {@link RetinaNetLoss}
 * @param minPositives see {@link RetinaNetLoss}
 * @param optimization how the loss is gone down; its settings stand among the others
 * @param scoreThreshold see {@link PostProcessing}
 * @param nmsIou see {@link PostProcessing}
 * @param candidatesPerLevel see {@link PostProcessing}
 * @param maxDetections see {@link PostProcessing}
 */
public record TrainingConfiguration(
        String engine,
        String devices,
        long seed,
        String backbone,
        double width,
        String norm,
        String backboneWeights,
        int freezeStages,
        int pyramidChannels,
        P6Source p6,
        String pyramidNorm,
        int headConvolutions,
        String headNorm,
        double headDeviation,
        List<Double> anchorSizes,
        List<Double> anchorScales,
        List<Double> anchorRatios,
        int minSize,
        int maxSize,
        List<Double> pixelMean,
        List<Double> pixelStd,
        double horizontalFlip,
        double verticalFlip,
        List<Integer> multiScale,
        List<Double> scaleJitter,
        double minCrop,
        double brightness,
        double contrast,
        double saturation,
        double hue,
        double positiveIou,
        double negativeIou,
        boolean lowQualityMatches,
        double focalAlpha,
        double focalGamma,
        String boxLoss,
        double boxLossWeight,
        int minPositives,
        @Unwrapped Optimization optimization,
        double scoreThreshold,
        double nmsIou,
        int candidatesPerLevel,
        int maxDetections) {

    /** Checks every setting, by building what it describes. */
    public TrainingConfiguration {
        Devices.requireKnown(devices);
        require(
                freezeStages >= 0 && freezeStages <= ResNet.STAGES,
                "freezeStages must be 0 to " + ResNet.STAGES);
        require(headDeviation >= 0 && headDeviation <= 1, "headDeviation must be in [0, 1]");
        require(boxLossWeight >= 0, "boxLossWeight must be at least 0");
        require(minPositives >= 1, "minPositives must be at least 1");
        require(scaleJitter.size() == 2, "scaleJitter takes two factors: smallest and largest");
    }

    /**
     * Lays settings over the defaults.
     *
     * @param layers settings by name, later ones over earlier ones
     * @throws IllegalArgumentException if a name is unknown, naming the right one that is near or
     *     else all, or a value is of another kind or out of range
     */
    public static TrainingConfiguration of(List<JsonObject> layers) {
        TrainingConfiguration configuration =
                LayeredSettings.read(TrainingConfiguration.class, "defaults.json", layers);
        configuration.detector(List.of(new CocoCategory(1, "", "")));
        configuration.matcher();
        configuration.loss();
        configuration.augmentation();
        configuration.optimization.loop();
        return configuration;
    }

    /** Returns the settings as a configuration file holds them. */
    public String toJson() {
        return LayeredSettings.toJson(this);
    }

    /** Returns these settings with another batch size. */
    public TrainingConfiguration withBatchSize(int images) {
        JsonObject settings = RecordJson.write(this);
        settings.addProperty("batchSize", images);
        return of(List.of(settings));
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
        Architecture architecture =
                Architecture.of(
                        ResNetDepth.parse(backbone),
                        width,
                        norm,
                        pyramidChannels,
                        p6,
                        pyramidNorm,
                        headConvolutions,
                        headNorm,
                        new AnchorParameters(
                                anchorSizes,
                                anchorScales,
                                anchorRatios,
                                AnchorParameters.Rounding.TORCHVISION));
        return new DetectorConfiguration(
                DetectorConfiguration.VERSION,
                architecture,
                categories,
                canvasRule(),
                new PixelNormalization(pixelMean, pixelStd),
                new PostProcessing(scoreThreshold, nmsIou, candidatesPerLevel, maxDetections));
    }

    /** Returns a fresh detector that is to be trained. */
    public Detector newDetector(List<CocoCategory> categories) {
        Detector fresh =
                Detector.create(
                        detector(categories), engine, deviceList().get(0), seed, headDeviation);
        fresh.network().freezeBackbone(freezeStages);
        return fresh;
    }

    /**
     * Returns the devices to train on, at least one; no more than one where a norm mixes the images
     * of a batch, which must then be together.
     *
     * @throws IllegalArgumentException if the engine does not see them, or one is too many
     */
    public List<Device> deviceList() {
        return TrainingDevices.of(
                devices,
                engine,
                detector(List.of(new CocoCategory(1, "", ""))).architecture().isBatchIndependent(),
                norm);
    }

    /**
     * Returns what the backbone of a fresh detector starts from, if not from random values.
     *
     * @throws IOException naming the file that can't be used
     */
    public Optional<BackboneWeights> startingBackbone() throws IOException {
        return backboneWeights.isEmpty()
                ? Optional.empty()
                : Optional.of(BackboneWeights.read(Path.of(backboneWeights)));
    }

    /** Returns how images are resized and padded. */
    public CanvasRule canvasRule() {
        return new CanvasRule(minSize, maxSize);
    }

    /** Returns how anchors are matched. */
    public Matcher matcher() {
        return new Matcher((float) positiveIou, (float) negativeIou, lowQualityMatches);
    }

    /** Returns the loss. */
    public RetinaNetLoss loss() {
        return new RetinaNetLoss(
                new FocalLoss(focalAlpha, focalGamma),
                BoxLoss.parse(boxLoss),
                boxLossWeight,
                minPositives);
    }

    /** Returns what happens to training images. */
    public AugmentationParameters augmentation() {
        return new AugmentationParameters(
                horizontalFlip,
                verticalFlip,
                multiScale,
                scaleJitter.get(0),
                scaleJitter.get(1),
                minCrop,
                new ColorJitter(brightness, contrast, saturation, hue));
    }
}
