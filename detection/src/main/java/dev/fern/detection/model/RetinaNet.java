package dev.fern.detection.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.Backbone;
import dev.fern.backbone.FeatureMap;
import dev.fern.backbone.fpn.FeaturePyramid;
import dev.fern.backbone.onednn.ChannelsLast;
import dev.fern.backbone.parameter.Initialization;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.detection.loss.HeadOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * RetinaNet (Lin et al., ICCV 2017): a ResNet, a feature pyramid, and two heads that all levels
 * share. The input is [N, 3, H, W] with H and W multiples of 32. The outputs are, for P3 to P7,
 * five arrays of logits [N, A * K, H_l, W_l] and then five of box codes [N, A * 4, H_l, W_l], with
 * A anchors per location and K categories.
 */
public final class RetinaNet extends AbstractBlock {

    /** Score that every anchor has at the start (the paper's pi). */
    private static final double PRIOR = 0.01;

    /** Standard deviation of the heads' initial weights in the paper. */
    public static final double HEAD_DEVIATION = 0.01;

    /** An input to find the parameters' shapes, which are the same for every input. */
    private static final Shape SAMPLE_INPUT = new Shape(1, 3, 64, 64);

    /** Strides of the maps that the pyramid takes, C3 to C5. */
    static final List<Integer> PYRAMID_STRIDES = List.of(8, 16, 32);

    private final Backbone backbone;
    private final FeaturePyramid pyramid;
    private final HeadBranch classification;
    private final HeadBranch regression;

    /**
     * Builds the network; {@link #initialize(NDManager, long, double)} or {@link
     * #initialize(NDManager, TensorSource)} gives it parameters.
     *
     * @param architecture the shape of its parts
     * @param categories K, at least 1
     */
    public RetinaNet(Architecture architecture, int categories) {
        int anchors = architecture.anchors().perLocation();
        int channels = architecture.pyramid().pyramidChannels();
        backbone = addChildBlock("backbone", architecture.backbone().newBackbone());
        pyramid =
                addChildBlock(
                        "pyramid",
                        new FeaturePyramid(
                                PYRAMID_STRIDES.size(),
                                channels,
                                architecture.pyramid().p6(),
                                architecture.pyramid().pyramidNorm()));
        classification =
                addChildBlock(
                        "classification",
                        new HeadBranch(
                                architecture.head(),
                                channels,
                                Math.multiplyExact(anchors, categories)));
        regression =
                addChildBlock(
                        "regression", new HeadBranch(architecture.head(), channels, anchors * 4));
    }

    /**
     * {@return a detector's network without parameters}
     *
     * @param trains whether it is to be trained; its parameters get no memory for gradients
     *     otherwise
     */
    static RetinaNet of(DetectorConfiguration configuration, boolean trains) {
        RetinaNet network =
                new RetinaNet(configuration.architecture(), configuration.categories().size());
        if (!trains) {
            network.freezeParameters(true);
        }
        return network;
    }

    /**
     * Gives the network its initial parameters, which depend on the seed alone: He's in the
     * backbone, uniform ones in the pyramid, normal ones in the heads, and a bias that gives every
     * anchor the score 0.01.
     *
     * @param manager owner of the parameters
     * @param seed of the random numbers
     * @param headDeviation standard deviation of the weights of the heads' inner convolutions; 0
     *     for He's, sqrt(2 / fan-in). That of their output convolutions is {@value #HEAD_DEVIATION}
     */
    public void initialize(NDManager manager, long seed, double headDeviation) {
        Initialization initialization = new Initialization(seed);
        for (Map.Entry<String, Parameter> entry : NamedParameters.of(this).entrySet()) {
            String name = entry.getKey();
            Parameter parameter = entry.getValue();
            if (parameter.getType() == Parameter.Type.WEIGHT) {
                if (name.startsWith("backbone.")) {
                    initialization.heFanOut(name, parameter);
                } else if (name.startsWith("pyramid.")) {
                    initialization.uniformFanIn(name, parameter);
                } else {
                    headWeights(initialization, name, parameter, headDeviation);
                }
            } else if (name.equals("classification.output.bias")) {
                initialization.constant(parameter, -Math.log((1 - PRIOR) / PRIOR));
            }
        }
        initialize(manager, DataType.FLOAT32, SAMPLE_INPUT);
    }

    private static void headWeights(
            Initialization initialization, String name, Parameter parameter, double deviation) {
        if (name.contains(".output.")) {
            initialization.normal(name, parameter, HEAD_DEVIATION);
        } else if (deviation > 0) {
            initialization.normal(name, parameter, deviation);
        } else {
            initialization.heFanOut(name, parameter); // fan-in too: as many channels go out as in
        }
    }

    /**
     * Gives the network stored parameters.
     *
     * @param manager owner of the parameters
     * @param values one for each parameter, by the names of {@link NamedParameters}; no others
     * @throws IllegalArgumentException naming the first parameter that is missing, left over or of
     *     another shape
     * @throws java.io.UncheckedIOException if values can't be read
     */
    public void initialize(NDManager manager, TensorSource values) {
        ParameterValues.initializeWith(this, values);
        initialize(manager, DataType.FLOAT32, SAMPLE_INPUT);
    }

    /**
     * Keeps the first stages of the backbone from being trained, see {@link Backbone#freeze}.
     *
     * @param stages how many, 0 to {@link Backbone#stages()}
     */
    public void freezeBackbone(int stages) {
        backbone.freeze(stages);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList features = features(parameters, inputs, training);
        NDList outputs = classification.forward(parameters, features, training);
        outputs.addAll(regression.forward(parameters, features, training));
        features.close();
        return outputs;
    }

    /** Returns those elements, one for each of the backbone's outputs, that the pyramid takes. */
    private <T> List<T> forPyramid(List<T> outputs) {
        List<FeatureMap> maps = backbone.maps();
        return IntStream.range(0, maps.size())
                .filter(i -> PYRAMID_STRIDES.contains(maps.get(i).stride()))
                .mapToObj(outputs::get)
                .toList();
    }

    /**
     * Computes the pyramid without the heads.
     *
     * @param parameters where the blocks find their parameters
     * @param inputs one array [N, 3, H, W], with H and W multiples of 32
     * @param training whether this is a pass of training, in which norms may use the batch's
     *     statistics
     * @return P3 to P7: [N, C, H_l, W_l] each
     */
    public NDList features(ParameterStore parameters, NDList inputs, boolean training) {
        NDList maps = backbone.forward(parameters, inputs, training);
        NDList features = pyramid.forward(parameters, new NDList(forPyramid(maps)), training);
        maps.close();
        return features;
    }

    /**
     * Copies a network's outputs from the engine.
     *
     * @param outputs as the forward pass returns them
     * @return one per level, P3 first
     */
    public static List<HeadOutput> read(NDList outputs) {
        int levels = outputs.size() / 2;
        List<HeadOutput> read = new ArrayList<>(levels);
        for (int l = 0; l < levels; l++) {
            read.add(
                    new HeadOutput(
                            ChannelsLast.copyOf(outputs.get(l)),
                            ChannelsLast.copyOf(outputs.get(levels + l))));
        }
        return read;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        backbone.initialize(manager, dataType, inputShapes);
        Shape[] inputs =
                forPyramid(List.of(backbone.getOutputShapes(inputShapes))).toArray(Shape[]::new);
        pyramid.initialize(manager, dataType, inputs);
        Shape[] features = pyramid.getOutputShapes(inputs);
        classification.initialize(manager, dataType, features);
        regression.initialize(manager, dataType, features);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape[] features =
                pyramid.getOutputShapes(
                        forPyramid(List.of(backbone.getOutputShapes(inputShapes)))
                                .toArray(Shape[]::new));
        return Stream.of(classification, regression)
                .flatMap(head -> Arrays.stream(head.getOutputShapes(features)))
                .toArray(Shape[]::new);
    }
}
