package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;

/**
 * Runs blocks one after the other and closes what lies between them, so that maps take memory no
 * longer than the engine itself needs them.
 */
public final class BlockChain {

    private BlockChain() {}

    /**
     * Returns what the last block makes of the inputs, which stay open; the inputs themselves if
     * there is no block.
     */
    public static NDList run(
            List<? extends Block> blocks,
            ParameterStore parameters,
            NDList inputs,
            boolean training) {
        NDList x = inputs;
        for (Block block : blocks) {
            NDList next = block.forward(parameters, x, training);
            if (x != inputs) {
                x.close();
            }
            x = next;
        }
        return x;
    }
}
