package dev.fern.backbone.norm;

import ai.djl.nn.Block;

/**
 * Batch normalisation with fixed statistics, then ReLU: what detectors fine-tuned from a classifier
 * use.
 *
 * @param epsilon added to the variance; torchvision's default is 1e-5, its published RetinaNet v1
 *     weights were trained with 0
 */
public record FrozenBatchNormalization(float epsilon) implements Normalization {

    @Override
    public String name() {
        return epsilon == 0 ? "frozen-bn-eps0" : "frozen-bn";
    }

    @Override
    public Block norm(int channels) {
        return new FrozenBatchNormBlock(channels, epsilon);
    }
}
