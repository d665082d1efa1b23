package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** What follows a normaliser. */
public enum Activation {
    /** Nothing. */
    NONE(""),
    /** max(y, 0). */
    RELU("-relu"),
    /**
     * The Thresholded Linear Unit of FRN's paper: max(y, tau) with a learned tau a channel, 0 at
     * the start.
     */
    TLU("-tlu");

    private final String suffix;

    Activation(String suffix) {
        this.suffix = suffix;
    }

    /** Returns what a normaliser's name ends with where this is not its usual activation. */
    String suffix() {
        return suffix;
    }

    /**
     * Applies this by the engine's operators.
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
                yield y.sub(threshold).getNDArrayInternal().relu().add(threshold);
            }
        };
    }
}
