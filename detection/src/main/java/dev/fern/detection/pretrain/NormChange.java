package dev.fern.detection.pretrain;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.norm.BatchRenormalization;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The start of a backbone without batch norm from one with it. Convolutions are kept; norms have
 * other parameters and start anew.
 */
final class NormChange {

    private NormChange() {}

    /** {@return whether a trained backbone has batch norms where a network has another norm} */
    static boolean isOne(BackboneConfiguration trained, BackboneConfiguration network) {
        return isBatchNorm(trained.norm()) && !isBatchNorm(network.norm());
    }

    private static boolean isBatchNorm(Normalization norm) {
        return norm instanceof BatchNormalization
                || norm instanceof FrozenBatchNormalization
                || norm instanceof BatchRenormalization;
    }

    /** {@return those parameters that convolutions have, by name} */
    static Map<String, Tensor> convolutions(Map<String, Tensor> parameters) {
        Map<String, Tensor> kept = new LinkedHashMap<>(parameters);
        kept.keySet().removeIf(name -> !name.endsWith(".weight") && !name.endsWith(".bias"));
        return kept;
    }
}
