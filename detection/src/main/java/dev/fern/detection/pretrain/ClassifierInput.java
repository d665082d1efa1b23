package dev.fern.detection.pretrain;

import dev.fern.backbone.resnet.ResNetConfiguration;

/**
 * What a classifier sees of an image.
 *
 * @param inputSize side of the network's square input in pixels, 1 to 4096
 * @param evaluationCrop side of the middle square of an image that it looks at, as a part of the
 *     image's shorter side, above 0, to 1; see {@link RandomResizedCrop#centre}
 */
public record ClassifierInput(int inputSize, double evaluationCrop) {

    private static final int LARGEST_INPUT = 4096;

    /** Checks the ranges. */
    public ClassifierInput {
        if (inputSize < 1 || inputSize > LARGEST_INPUT) {
            throw new IllegalArgumentException(
                    "input size must be 1 to " + LARGEST_INPUT + ", not " + inputSize);
        }
        if (!(evaluationCrop > 0 && evaluationCrop <= 1)) {
            throw new IllegalArgumentException(
                    "evaluation crop " + evaluationCrop + " (above 0, to 1)");
        }
    }

    /**
     * Checks that a network's arrays for a batch have less than 2^31 bytes, as engines and Java's
     * buffers want it.
     *
     * @throws IllegalArgumentException saying what to lower
     */
    public void requireFit(ResNetConfiguration backbone, int batchSize) {
        double floats =
                (double) batchSize * inputSize * inputSize * Math.max(3, backbone.floatsPerPixel());
        if (floats > (double) Integer.MAX_VALUE / Float.BYTES) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d inputs of %d x %d pixels are too much for one batch of this"
                                    + " network; lower the batch size or the input size",
                            batchSize, inputSize, inputSize));
        }
    }
}
