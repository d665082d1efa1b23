package dev.fern.detection.recipe;

import static dev.fern.detection.settings.LayeredSettings.require;

import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.Normalization;
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
 * @param backbone the ResNet below the pyramid
 * @param freezeBatchNorm whether batch norm in the backbone is frozen: it keeps its statistics,
 *     scale and shift, as in detectron2
 * @param weights model directory or run whose detector a fresh one starts from: backbone, pyramid
 *     and heads; empty for none
 * @param backboneWeights model directory whose backbone a fresh detector starts from; empty for
 *     random values
 * @param freezeStages number of stages of the backbone, from the stem, that are not trained;
 *     torchvision's {@code trainable_backbone_layers} is 5 minus this
 * @param pyramid the feature pyramid between backbone and heads
 * @param head shape of each of the two heads
 * @param headDeviation standard deviation of the heads' initial weights, 0 for He's, see {@link
 *     RetinaNet#initialize(ai.djl.ndarray.NDManager, long, double)}; 0.01 in the paper, whose heads
 *     are 256 channels wide; narrower heads learn far sooner with He's
 * @param anchors what the heads classify and move
 */
public record NetworkSettings(
        @Unwrapped BackboneSettings backbone,
        boolean freezeBatchNorm,
        String weights,
        String backboneWeights,
        int freezeStages,
        @Unwrapped PyramidConfiguration pyramid,
        @Unwrapped HeadConfiguration head,
        double headDeviation,
        @Unwrapped AnchorSettings anchors) {

    /**
     * Checks the ranges.
     *
     * @param backbone checked by itself
     * @param freezeBatchNorm has no effect on other norms
     * @param weights is not opened yet
     * @param backboneWeights is not opened yet; empty where {@code weights} are given
     * @param freezeStages 0 to the number of the backbone's stages
     * @param pyramid checked by itself
     * @param head checked by itself
     * @param headDeviation 0 to 1
     * @param anchors checked by themselves
     * @throws IllegalArgumentException if one is out of its range, or if both kinds of weights are
     *     given
     */
    public NetworkSettings {
        if (!weights.isEmpty() && !backboneWeights.isEmpty()) {
            throw new IllegalArgumentException(
                    "weights and backboneWeights are both given; weights hold a backbone too");
        }
        int stages = backbone.configuration(Stem.IMAGENET).stages();
        require(
                freezeStages >= 0 && freezeStages <= stages,
                "freezeStages",
                "0 to " + stages,
                freezeStages);
        require(
                headDeviation >= 0 && headDeviation <= 1,
                "headDeviation",
                "in [0, 1]",
                headDeviation);
    }

    /**
     * The anchors of the heads, rounded as torchvision rounds them.
     *
     * @param anchorSizes size of each level's anchors in pixels, see {@link AnchorParameters#sizes}
     * @param anchorScales factors on these sizes, see {@link AnchorParameters#scales}
     * @param anchorRatios heights over widths, see {@link AnchorParameters#aspectRatios}
     */
    public record AnchorSettings(
            List<Double> anchorSizes, List<Double> anchorScales, List<Double> anchorRatios) {

        /**
         * Checks the lists by making the anchors.
         *
         * @param anchorSizes one per level, each above 0
         * @param anchorScales at least one, each above 0
         * @param anchorRatios at least one, each above 0
         * @throws IllegalArgumentException if a list has another length or a value is out of its
         *     range
         */
        public AnchorSettings {
            anchorSizes = List.copyOf(anchorSizes);
            anchorScales = List.copyOf(anchorScales);
            anchorRatios = List.copyOf(anchorRatios);
            new AnchorParameters(
                    anchorSizes, anchorScales, anchorRatios, AnchorParameters.Rounding.TORCHVISION);
        }

        /** {@return the sizes and shapes of the anchors} */
        public AnchorParameters parameters() {
            return new AnchorParameters(
                    anchorSizes, anchorScales, anchorRatios, AnchorParameters.Rounding.TORCHVISION);
        }
    }

    /**
     * {@return the shape of the network that these settings describe} One that starts from a
     * detector that no settings describe has the shape of that detector.
     */
    public Architecture architecture() {
        return new Architecture(
                backbone.configuration(Stem.IMAGENET).withNorm(norm()),
                pyramid,
                head,
                anchors.parameters());
    }

    /** {@return the normaliser and activation of the backbone, frozen where that is set} */
    public Normalization norm() {
        return freezeBatchNorm && backbone.norm() instanceof BatchNormalization running
                ? new FrozenBatchNormalization(
                        FrozenBatchNormalization.DEFAULT_EPSILON, running.activation())
                : backbone.norm();
    }
}
