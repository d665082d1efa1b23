package dev.fern.onnx;

import dev.fern.detection.image.ImageSize;
import java.util.Objects;
import java.util.Optional;

/**
 * What an ONNX model takes and gives.
 *
 * @param outputs how far the graph goes
 * @param canvas the only size of its input in pixels, both sides multiples of 32; empty for a model
 *     that takes any
 */
public record OnnxOptions(Outputs outputs, Optional<ImageSize> canvas) {

    private static final int STRIDE = 32;

    /** How far the graph goes. */
    public enum Outputs {
        /**
         * The heads' outputs: for P3 to P7 {@code logits_pL} [N, A * K, H_l, W_l] and {@code
         * codes_pL} [N, A * 4, H_l, W_l].
         */
        HEADS,
        /** {@code scores} [N, M, K] and {@code boxes} [N, M, 4] of all M anchors. */
        BOXES,
        /**
         * What is left after the suppression of non-maxima, by falling score: {@code boxes} [N, D,
         * 4], {@code scores} [N, D] and {@code labels} [N, D], the position of the category. Where
         * an image has fewer than D detections, the rest has the score and label -1.
         */
        DETECTIONS
    }

    /**
     * Checks the size.
     *
     * @param outputs not null
     * @param canvas both sides multiples of 32, if there is one
     * @throws IllegalArgumentException if a side is not
     */
    public OnnxOptions {
        Objects.requireNonNull(outputs, "outputs");
        if (canvas.isPresent()
                && (canvas.get().width() % STRIDE != 0 || canvas.get().height() % STRIDE != 0)) {
            throw new IllegalArgumentException(
                    "the sides of the input must be multiples of "
                            + STRIDE
                            + ", not "
                            + canvas.get());
        }
    }
}
