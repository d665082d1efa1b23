package dev.fern.detection.pretrain;

import dev.fern.backbone.BackboneConfiguration;

/**
 * What a classifier sees of an image.
 *
 * @param inputSize side of the network's square input in pixels
 * @param evaluationCrop side of the square in the middle of an image that the classifier is
 *     evaluated on, as a part of the image's shorter side, see {@link RandomResizedCrop#centre}
 */
public record ClassifierInput(int inputSize, double evaluationCrop) {

    static final int LARGEST_INPUT = 4096;

    /**
     * Checks the ranges.
     *
     * @param inputSize 1 to 4096
     * @param evaluationCrop above 0, to 1
     * @throws IllegalArgumentException if one is out of its range
     */
    public ClassifierInput {
        if (inputSize < 1 || inputSize > LARGEST_INPUT) {
            throw new IllegalArgumentException(
                    "input size must be 1 to " + LARGEST_INPUT + ", not " + inputSize);
        }
        if (!(evaluationCrop > 0 && evaluationCrop <= 1)) {
            throw new IllegalArgumentException(
                    "evaluation crop must be above 0 and at most 1, not " + evaluationCrop);
        }
    }

    /**
     * Checks that each of a network's arrays for a batch has less than 2^31 bytes: neither engines
     * nor Java's buffers take more.
     *
     * @param backbone shape of the network
     * @param batchSize number of images of a full batch
     * @throws IllegalArgumentException if one has more, saying which settings to lower
     */
    public void requireFit(BackboneConfiguration backbone, int batchSize) {
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
