package dev.fern.detection.train;

/**
 * A run of images of a batch.
 *
 * @param <L> the loss
 * @param loss the mean over these images
 * @param first the first image's index
 * @param end the index after the last image's
 */
public record BatchPart<L>(L loss, int first, int end) {

    /** Returns how many images these are. */
    public int images() {
        return end - first;
    }
}
