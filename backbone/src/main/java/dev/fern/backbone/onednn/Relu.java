package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;

/** The Rectified Linear Unit, max(x, 0), of maps and of an engine's arrays. */
public final class Relu {

    private Relu() {}

    /**
     * {@return max(x, 0)}
     *
     * @param x a map, or an array of an engine
     */
    public static NDArray apply(NDArray x) {
        return x instanceof MapArray map ? MapFunctions.relu(map) : x.getNDArrayInternal().relu();
    }

    /** {@return a new block that applies it} */
    public static Block block() {
        return new LambdaBlock(inputs -> new NDList(apply(inputs.singletonOrThrow())), "relu");
    }
}
