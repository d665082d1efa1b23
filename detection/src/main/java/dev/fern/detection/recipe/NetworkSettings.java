package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.HeadConfiguration;
import dev.fern.detection.model.PyramidConfiguration;
import dev.fern.detection.model.RetinaNet;
import dev.fern.detection.settings.Unwrapped;
import java.util.List;

/**
 * The network that is trained, and what it starts from.
 *
 * @param backbone below the pyramid
 * @param backboneWeights model directory whose backbone a fresh detector starts from; empty for
 *     random values
 * @param freezeStages stages of the backbone that are not trained, counted from the stem, 0 to 5:
 *     torchvision's {@code trainable_backbone_layers} is 5 less this
 * @param pyramid between backbone and heads
 * @param head each of the two
 * @param headDeviation see {@link RetinaNet#initialize(ai.djl.ndarray.NDManager, long, double)};
 *     0.01 in the paper, whose heads are 256 channels wide; narrow ones learn far sooner with He's
 * @param anchors of the heads
 */
public record NetworkSettings(
        @Unwrapped BackboneSettings backbone,
        String backboneWeights,
        int freezeStages,
        @Unwrapped PyramidConfiguration pyramid,
        @Unwrapped HeadConfiguration head,
        double headDeviation,
        @Unwrapped AnchorSettings anchors) {

    /** Checks the numbers. */
    public NetworkSettings {
        require(
                freezeStages >= 0 && freezeStages <= ResNetConfiguration.STAGES,
                "freezeStages must be 0 to " + ResNetConfiguration.STAGES);
        require(headDeviation >= 0 && headDeviation <= 1, "headDeviation must be in [0, 1]");
    }

    /**
     * The anchors of the heads, rounded as torchvision rounds them.
     *
     * @param anchorSizes see {@link AnchorParameters#sizes}
     * @param anchorScales see {@link AnchorParameters#scales}
     * @param anchorRatios see {@link AnchorParameters#aspectRatios}
     */
    public record AnchorSettings(
            List<Double> anchorSizes, List<Double> anchorScales, List<Double> anchorRatios) {

        /** Checks the lists by making the anchors. */
        public AnchorSettings {
            new AnchorParameters(
                    anchorSizes, anchorScales, anchorRatios, AnchorParameters.Rounding.TORCHVISION);
        }

        /** Returns the anchors. */
        public AnchorParameters parameters() {
            return new AnchorParameters(
                    anchorSizes, anchorScales, anchorRatios, AnchorParameters.Rounding.TORCHVISION);
        }
    }

    /** Returns the shape of the network. */
    public Architecture architecture() {
        return new Architecture(
                backbone.configuration(Stem.IMAGENET), pyramid, head, anchors.parameters());
    }
}
