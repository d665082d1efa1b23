package dev.fern.backbone.resnet;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;

/** Blocks one after the other. */
public final class BlockChain {

    private BlockChain() {}

    /**
     * Returns what the last block makes of the inputs, which stay open; the inputs themselves if
     * there is no block. What lies between the blocks is closed, so that maps take memory no longer
     * than the engine itself needs them.
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
     * Initialises the blocks for inputs of these shapes.
     *
     * @return the shapes of what the last block makes of them
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

    /** Returns the shapes of what the last block makes of inputs of these shapes. */
    public static Shape[] outputShapes(List<? extends Block> blocks, Shape... inputs) {
        Shape[] shapes = inputs;
        for (Block block : blocks) {
            shapes = block.getOutputShapes(shapes);
        }
        return shapes;
    }
}
