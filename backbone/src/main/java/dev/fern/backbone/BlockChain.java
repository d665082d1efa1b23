package dev.fern.backbone;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;

/** Runs and initialises blocks one after the other, each on the outputs of the one before. */
public final class BlockChain {

    private BlockChain() {}

    /**
     * {@return the outputs of the last block, or the inputs themselves if there is no block} What
     * lies between the blocks is closed, so that maps take memory no longer than the engine itself
     * needs them.
     *
     * @param blocks in the order in which they run; may be empty
     * @param parameters gives the values of the blocks' parameters
     * @param inputs of the first block; they stay open
     * @param training whether the blocks run as in training
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

    /**
     * Initialises the blocks for inputs of given shapes.
     *
     * @param blocks in the order in which they run; may be empty
     * @param manager owns the parameters
     * @param dataType of the parameters
     * @param inputs the shapes of the first block's inputs
     * @return the shapes of the last block's outputs
     */
    public static Shape[] initialize(
            List<? extends Block> blocks, NDManager manager, DataType dataType, Shape... inputs) {
        Shape[] shapes = inputs;
        for (Block block : blocks) {
            block.initialize(manager, dataType, shapes);
            shapes = block.getOutputShapes(shapes);
        }
        return shapes;
    }

    /**
     * {@return the shapes of the last block's outputs}
     *
     * @param blocks in the order in which they run; may be empty
     * @param inputs the shapes of the first block's inputs
     */
    public static Shape[] outputShapes(List<? extends Block> blocks, Shape... inputs) {
        Shape[] shapes = inputs;
        for (Block block : blocks) {
            shapes = block.getOutputShapes(shapes);
        }
        return shapes;
    }
}
