package dev.fern.backbone.norm;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.ConstantInitializer;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.FilterResponseMaps;
import dev.fern.backbone.onednn.MapArray;
import java.util.ArrayList;
import java.util.List;

/**
 * FRN, optionally followed by the addition of a second input, optionally followed by an activation.
 *
 * <p>Input [N, C, H, W] (and a shortcut of the same shape), output [N, C, H, W]. Where the {@link
 * EngineBridge} supports the array (float32, on the CPU, of MXNet or PyTorch), one fused host
 * function computes the block; elsewhere the engine's operators do, on PyTorch by a {@link
 * FilterResponseScript}. Both ways are public, so that they can be compared.
 */
public final class FilterResponseBlock extends AbstractBlock {

    private static final float INITIAL_LEARNED_EPSILON = 1e-4f;

    private final boolean learnedEpsilon;
    private final boolean addsShortcut;
    private final Activation activation;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter epsilon;
    private final Parameter tau;

    /**
     * Makes the block; its parameters are initialised later.
     *
     * @param channels C
     * @param learnedEpsilon whether epsilon is learned
     * @param addsShortcut whether a second input is added after the normalisation
     * @param activation what follows the norm and the addition
     */
    public FilterResponseBlock(
            int channels, boolean learnedEpsilon, boolean addsShortcut, Activation activation) {
        this.learnedEpsilon = learnedEpsilon;
        this.addsShortcut = addsShortcut;
        this.activation = activation;
        Shape shape = new Shape(channels);
        gamma = parameter("gamma", Parameter.Type.GAMMA, shape, 1f);
        beta = parameter("beta", Parameter.Type.BETA, shape, 0f);
        epsilon =
                learnedEpsilon
                        ? parameter("eps", Parameter.Type.OTHER, shape, INITIAL_LEARNED_EPSILON)
                        : null;
        tau =
                activation == Activation.TLU
                        ? parameter("tau", Parameter.Type.OTHER, shape, 0f)
                        : null;
    }

    private Parameter parameter(String name, Parameter.Type type, Shape shape, float initial) {
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optShape(shape)
                        .optInitializer(new ConstantInitializer(initial))
                        .build());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.get(0);
        if (x instanceof MapArray map) {
            return new NDList(maps(parameters, map, inputs, training));
        }
        return new NDList(
                EngineBridge.of(x).supports(x)
                        ? fused(parameters, inputs, training)
                        : operators(parameters, inputs, training));
    }

    private NDArray maps(ParameterStore parameters, MapArray x, NDList inputs, boolean training) {
        Device device = x.getDevice();
        return FilterResponseMaps.apply(
                x,
                addsShortcut ? (MapArray) inputs.get(1) : null,
                new FilterResponseMaps.Parameters(
                        parameters.getValue(gamma, device, training),
                        parameters.getValue(beta, device, training),
                        learnedEpsilon ? parameters.getValue(epsilon, device, training) : null,
                        tau == null ? null : parameters.getValue(tau, device, training)),
                FilterResponseFunction.MINIMUM_EPSILON,
                activation != Activation.NONE);
    }

    /**
     * Computes the block by one {@link dev.fern.backbone.host.HostFunction}.
     *
     * @param parameters gives the values of gamma, beta, eps and tau
     * @param inputs x, and the shortcut if this block adds one; both [N, C, H, W], on arrays that
     *     the {@link EngineBridge} supports
     * @param training whether the parameters are asked for with their gradients
     * @return z [N, C, H, W]
     */
    public NDArray fused(ParameterStore parameters, NDList inputs, boolean training) {
        List<NDArray> arguments = new ArrayList<>(List.of(arguments(parameters, inputs, training)));
        NDArray x = inputs.get(0);
        if (activation == Activation.RELU) {
            arguments.add(x.getManager().zeros(new Shape(x.getShape().get(1))));
        }
        return EngineBridge.of(x)
                .apply(
                        new FilterResponseFunction(
                                learnedEpsilon, addsShortcut, activation != Activation.NONE),
                        arguments.toArray(NDArray[]::new));
    }

    /** {@return x, gamma, beta, and those of epsilon, shortcut and tau that there are} */
    private NDArray[] arguments(ParameterStore parameters, NDList inputs, boolean training) {
        NDArray x = inputs.get(0);
        Device device = x.getDevice();
        List<NDArray> arguments = new ArrayList<>(6);
        arguments.add(x);
        arguments.add(parameters.getValue(gamma, device, training));
        arguments.add(parameters.getValue(beta, device, training));
        if (learnedEpsilon) {
            arguments.add(parameters.getValue(epsilon, device, training));
        }
        if (addsShortcut) {
            arguments.add(inputs.get(1));
        }
        if (tau != null) {
            arguments.add(parameters.getValue(tau, device, training));
        }
        return arguments.toArray(NDArray[]::new);
    }

    /**
     * Computes the block by the engine's operators.
     *
     * @param parameters gives the values of gamma, beta, eps and tau
     * @param inputs x, and the shortcut if this block adds one; both [N, C, H, W], on any device
     * @param training whether the parameters are asked for with their gradients
     * @return z [N, C, H, W]
     */
    public NDArray operators(ParameterStore parameters, NDList inputs, boolean training) {
        NDArray x = inputs.get(0);
        Device device = x.getDevice();
        if (EngineBridge.of(x).runsScripts(device)) {
            return FilterResponseScript.of(learnedEpsilon, addsShortcut, activation)
                    .forward(arguments(parameters, inputs, training));
        }
        Shape shape = x.getShape();
        Shape perChannel = new Shape(1, shape.get(1), 1, 1);
        NDArray nu2 =
                x.square()
                        .reshape(shape.get(0), shape.get(1), shape.get(2) * shape.get(3))
                        .mean(new int[] {2}, true)
                        .reshape(shape.get(0), shape.get(1), 1, 1);
        NDArray underRoot = nu2.add(FilterResponseFunction.MINIMUM_EPSILON);
        if (learnedEpsilon) {
            NDArray learned = parameters.getValue(epsilon, device, training);
            underRoot = underRoot.add(learned.abs().reshape(perChannel));
        }
        NDArray y =
                x.div(underRoot.sqrt())
                        .mul(parameters.getValue(gamma, device, training).reshape(perChannel))
                        .add(parameters.getValue(beta, device, training).reshape(perChannel));
        if (addsShortcut) {
            y = y.add(inputs.get(1));
        }
        return activation.operators(
                y, tau == null ? null : parameters.getValue(tau, device, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
