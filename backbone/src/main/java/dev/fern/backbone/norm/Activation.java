package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** The activation that follows a normaliser. */
public enum Activation {
    /** No activation: z = y. */
    NONE(""),
    /** z = max(y, 0). */
    RELU("-relu"),
    /**
     * The Thresholded Linear Unit of FRN's paper: z = max(y, tau), with one learned tau per
     * channel, which is 0 at the start.
     */
    TLU("-tlu");

    private final String suffix;

    Activation(String suffix) {
        this.suffix = suffix;
    }

    /** {@return the end of a normaliser's name where this is not its usual activation} */
    String suffix() {
        return suffix;
    }

    /**
     * Computes the activation by the engine's operators.
     *
     * @param y [N, C, H, W]
     * @param tau [C] for TLU, else null
     */
    NDArray operators(NDArray y, NDArray tau) {
        return switch (this) {
            case NONE -> y;
            case RELU -> y.getNDArrayInternal().relu();
            case TLU -> {
                // max(y, tau) = ReLU(y - tau) + tau (the paper's equation 4)
                NDArray threshold = tau.reshape(new Shape(1, tau.size(), 1, 1));
                threshold.attach(y.getManager()); // tau's own manager would keep it for good
                yield y.sub(threshold).getNDArrayInternal().relu().add(threshold);
            }
        };
    }
}
