package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;

/**
 * Runs blocks one after another. What one makes is freed once the next has read it, so that the
 * engine takes the same memory, still in the cache, for what comes after; a tape that records keeps
 * what it needs by itself.
 */
public final class BlockChain {

    private BlockChain() {}

    /**
     * Returns what the last block makes of the input, or the input itself where there is no block.
     *
     * @param blocks each takes one array and makes another
     * @param input stays the caller's
     */
    public static NDArray forward(
            List<? extends Block> blocks,
            ParameterStore parameters,
            NDArray input,
            boolean training) {
        NDArray x = input;
        for (Block block : blocks) {
            NDArray next = block.forward(parameters, new NDList(x), training).singletonOrThrow();
            if (x != input) {
                x.close();
            }
            x = next;
        }
        return x;
    }
}
