package dev.fern.backbone.classification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.MapArray;
import dev.fern.backbone.onednn.MapFunctions;

/**
 * The end of a ResNet that classifies: the mean of each channel over H x W, then a fully connected
 * layer (He et al., CVPR 2016, section 3.3). Input [N, C, H, W], output [N, K].
 */
public final class ClassificationHead extends AbstractBlock {

    /** Of a map's places, in float32 (PyTorch's type 6) whatever the map's numbers are. */
    private static final String MEAN =
            """
              def forward(self, x: Tensor) -> Tensor:
                return torch.mean(torch.reshape(x, [x.size(0), x.size(1), -1]), [2], dtype=6)
            """;

    private final Block output;
    private final int classes;

    /**
     * Builds the head; its parameters are initialised later.
     *
     * @param classes K, 1 or more
     */
    public ClassificationHead(int classes) {
        this.classes = classes;
        output = addChildBlock("output", Linear.builder().setUnits(classes).build());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow();
        if (x instanceof MapArray map) {
            return new NDList(
                    MapFunctions.linear(
                            MapFunctions.mean(map),
                            value(parameters, "weight", map, training),
                            value(parameters, "bias", map, training)));
        }
        if (EngineBridge.of(x).runsScripts(x.getDevice())) {
            NDArray means = TorchScript.of(MEAN).forward(x);
            return output.forward(parameters, new NDList(means), training);
        }
        NDArray places = x.reshape(x.getShape().get(0), x.getShape().get(1), -1);
        return output.forward(parameters, new NDList(places.mean(new int[] {2})), training);
    }

    private NDArray value(ParameterStore parameters, String name, NDArray x, boolean training) {
        return parameters.getValue(output.getParameters().get(name), x.getDevice(), training);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        Shape x = inputShapes[0];
        output.initialize(manager, dataType, new Shape(x.get(0), x.get(1)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {new Shape(inputShapes[0].get(0), classes)};
    }
}
