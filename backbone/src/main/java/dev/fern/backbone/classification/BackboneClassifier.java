package dev.fern.backbone.classification;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.Backbone;
import dev.fern.backbone.BackboneConfiguration;
import dev.fern.backbone.parameter.Initialization;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.TensorSource;
import java.util.List;
import java.util.Map;

/**
 * A backbone with a {@link ClassificationHead} on its last map. Input [N, 3, H, W], output [N, K]
 * logits. The backbone's parameters are named {@code backbone.*}, as those of a detector's backbone
 * are.
 */
public final class BackboneClassifier extends AbstractBlock {

    /** The parameters' shapes do not depend on the size of the input, so any will do. */
    private static final Shape SAMPLE_INPUT = new Shape(1, 3, 64, 64);

    private final Backbone backbone;
    private final ClassificationHead head;

    /**
     * Builds the network; {@link #initialize(NDManager, long)} or {@link #initialize(NDManager,
     * TensorSource)} gives it parameters.
     *
     * @param configuration of the backbone
     * @param classes K, 1 or more
     */
    public BackboneClassifier(BackboneConfiguration configuration, int classes) {
        backbone = addChildBlock("backbone", configuration.newBackbone());
        head = addChildBlock("head", new ClassificationHead(classes));
    }

    /**
     * Gives the network its initial parameters, which depend on the seed alone. As in torchvision,
     * those of the backbone are drawn after He et al. and those of the head uniformly; see {@link
     * Initialization}.
     *
     * @param manager owner of the parameters
     * @param seed any number
     */
    public void initialize(NDManager manager, long seed) {
        Initialization initialization = new Initialization(seed);
        int features = last(backbone.maps()).channels();
        for (Map.Entry<String, Parameter> entry : NamedParameters.of(this).entrySet()) {
            String name = entry.getKey();
            if (name.startsWith("head.")) {
                initialization.linear(name, entry.getValue(), features);
            } else if (entry.getValue().getType() == Parameter.Type.WEIGHT) {
                initialization.heFanOut(name, entry.getValue());
            }
        }
        initialize(manager, DataType.FLOAT32, SAMPLE_INPUT);
    }

    /**
     * Gives the network stored parameters.
     *
     * @param manager owner of the parameters
     * @param values one for each parameter, by the names of {@link NamedParameters}; no others
     * @throws IllegalArgumentException if a parameter is missing, left over or of another shape;
     *     the message names the first one
     */
    public void initialize(NDManager manager, TensorSource values) {
        ParameterValues.initializeWith(this, values);
        initialize(manager, DataType.FLOAT32, SAMPLE_INPUT);
    }

    private static <T> T last(List<T> items) {
        return items.get(items.size() - 1);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList maps = backbone.forward(parameters, inputs, training);
        return head.forward(parameters, new NDList(last(maps)), training);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        backbone.initialize(manager, dataType, inputShapes);
        head.initialize(manager, dataType, last(List.of(backbone.getOutputShapes(inputShapes))));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return head.getOutputShapes(
                new Shape[] {last(List.of(backbone.getOutputShapes(inputShapes)))});
    }
}
