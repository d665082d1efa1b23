package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.MapArray;
import dev.fern.backbone.onednn.StandardizationMaps;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Standardisation by mean and variance, then a scale and shift of each channel: y = gamma * xhat +
 * beta. Input and output [N, C, H, W]. {@link StandardizationMaps} computes a tape's maps. Where
 * the {@link EngineBridge} supports an array (float32, on the CPU), one fused host function
 * computes it, together with what follows where an {@link Activated} asks for it; elsewhere the
 * engine's operators do.
 */
abstract class MomentNormBlock extends AbstractBlock {

    /** A map in float32, PyTorch's type 6. */
    private static final String FLOAT32 =
            """
              def forward(self, x: Tensor) -> Tensor:
                return x.to(dtype=6)
            """;

    /** A map in the numbers of another one. */
    private static final String LIKE =
            """
              def forward(self, z: Tensor, x: Tensor) -> Tensor:
                return z.to(dtype=x.dtype)
            """;

    private final int channels;
    private final Parameter gamma;
    private final Parameter beta;

    /**
     * @param channels C
     * @param trained whether gamma and beta are trained
     */
    MomentNormBlock(int channels, boolean trained) {
        this.channels = channels;
        gamma = parameter("gamma", Parameter.Type.GAMMA, channels, Initializer.ONES, trained);
        beta = parameter("beta", Parameter.Type.BETA, channels, Initializer.ZEROS, trained);
    }

    final Parameter parameter(
            String name, Parameter.Type type, int size, Initializer initializer, boolean trained) {
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optShape(new Shape(size))
                        .optInitializer(initializer)
                        .optRequiresGrad(trained)
                        .build());
    }

    /** Declares a running average of each channel's mean, 0 at first. */
    final Parameter runningMean() {
        return parameter(
                "runningMean", Parameter.Type.RUNNING_MEAN, channels, Initializer.ZEROS, false);
    }

    /** Declares a running average of each channel's variance or deviation, 1 at first. */
    final Parameter runningSpread(String name) {
        return parameter(name, Parameter.Type.RUNNING_VAR, channels, Initializer.ONES, false);
    }

    /** {@return the way in which one application standardises x} */
    abstract Standardizer standardizer(ParameterStore parameters, NDArray x, boolean training);

    private static NDArray perChannel(
            ParameterStore parameters, Parameter parameter, NDArray x, boolean training) {
        NDArray value =
                parameters
                        .getValue(parameter, x.getDevice(), training)
                        .reshape(new Shape(1, x.getShape().get(1), 1, 1));
        value.attach(x.getManager()); // the parameter's own manager would keep it for good
        return value;
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return new NDList(run(parameters, inputs, Activation.NONE, null, training));
    }

    /**
     * Computes norm, addition and activation in the way that suits the arrays.
     *
     * @param inputs x, and the shortcut if there is one
     * @param tau TLU's threshold [C]; null for another activation
     */
    final NDArray run(
            ParameterStore parameters,
            NDList inputs,
            Activation activation,
            NDArray tau,
            boolean training) {
        NDArray x = inputs.get(0);
        if (x instanceof MapArray map) {
            return maps(parameters, map, inputs, activation, tau, training);
        }
        return EngineBridge.of(x).supports(x)
                ? fused(parameters, inputs, activation, tau, training)
                : operators(parameters, inputs, activation, tau, training);
    }

    /**
     * Computes norm, addition and activation by one {@link dev.fern.backbone.host.HostFunction}.
     *
     * @param inputs x, and the shortcut if there is one, on arrays that the {@link EngineBridge}
     *     supports
     * @param tau TLU's threshold [C]; null for another activation
     */
    final NDArray fused(
            ParameterStore parameters,
            NDList inputs,
            Activation activation,
            NDArray tau,
            boolean training) {
        NDArray x = inputs.get(0);
        List<NDArray> arguments = new ArrayList<>(5);
        arguments.add(x);
        arguments.add(recordable(parameters, gamma, x, training));
        arguments.add(recordable(parameters, beta, x, training));
        boolean addsShortcut = inputs.size() > 1;
        if (addsShortcut) {
            arguments.add(inputs.get(1));
        }
        if (tau != null) {
            arguments.add(tau);
        }
        Standardizer standardizer = standardizer(parameters, x, training);
        NDArray z =
                EngineBridge.of(x)
                        .apply(
                                new StandardizationFunction(standardizer, addsShortcut, activation),
                                arguments.toArray(NDArray[]::new));
        standardizer.applied();
        return z;
    }

    private NDArray maps(
            ParameterStore parameters,
            MapArray x,
            NDList inputs,
            Activation activation,
            NDArray tau,
            boolean training) {
        Standardizer standardizer = standardizer(parameters, x, training);
        NDArray z =
                StandardizationMaps.apply(
                        x,
                        inputs.size() > 1 ? (MapArray) inputs.get(1) : null,
                        new StandardizationMaps.Parameters(
                                parameters.getValue(gamma, x.getDevice(), training),
                                parameters.getValue(beta, x.getDevice(), training),
                                tau),
                        standardizer,
                        activation != Activation.NONE);
        standardizer.applied();
        return z;
    }

    /**
     * {@return a parameter's array for the tape} MXNet writes into an array without gradient that
     * it records, and threads that share a parameter must not do that at the same time. So a
     * parameter without gradient gets another array on the same memory.
     */
    private static NDArray recordable(
            ParameterStore parameters, Parameter parameter, NDArray x, boolean training) {
        NDArray value = parameters.getValue(parameter, x.getDevice(), training);
        return parameter.requiresGradient()
                ? value
                : EngineBridge.of(x).share(value, x.getManager());
    }

    /**
     * Computes norm, addition and activation by the engine's operators.
     *
     * @param inputs x, and the shortcut if there is one
     * @param tau TLU's threshold [C]; null for another activation
     */
    final NDArray operators(
            ParameterStore parameters,
            NDList inputs,
            Activation activation,
            NDArray tau,
            boolean training) {
        NDArray x = inputs.get(0);
        boolean scripts = EngineBridge.of(x).runsScripts(x.getDevice());
        NDArray y =
                scripts ? scripted(parameters, x, training) : normalised(parameters, x, training);
        if (inputs.size() > 1) {
            y = y.add(inputs.get(1));
        }
        NDArray z = activation.operators(y, tau);
        return scripts ? TorchScript.of(LIKE).forward(z, x) : z;
    }

    /** {@return gamma * xhat + beta by the engine's operators} */
    private NDArray normalised(ParameterStore parameters, NDArray x, boolean training) {
        return StandardizationOperators.apply(standardizer(parameters, x, training), x)
                .mul(perChannel(parameters, gamma, x, training))
                .add(perChannel(parameters, beta, x, training));
    }

    /**
     * {@return gamma * xhat + beta where the engine runs {@link TorchScript}, in float32 or in the
     * numbers of x} A block whose {@link Standardizer} reads or measures values should have a
     * script of its own, since this way takes them through the host.
     */
    NDArray scripted(ParameterStore parameters, NDArray x, boolean training) {
        return normalised(parameters, TorchScript.of(FLOAT32).forward(x), training);
    }

    /** {@return gamma [C]} */
    final NDArray gamma(ParameterStore parameters, NDArray x, boolean training) {
        return parameters.getValue(gamma, x.getDevice(), training);
    }

    /** {@return beta [C]} */
    final NDArray beta(ParameterStore parameters, NDArray x, boolean training) {
        return parameters.getValue(beta, x.getDevice(), training);
    }

    /** {@return C} */
    final int channels() {
        return channels;
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }

    /**
     * A parameter without gradient, which follows what forward passes measure and is stored with
     * the others.
     */
    record StoredStatistic(NDArray array) {

        static StoredStatistic of(ParameterStore parameters, Parameter parameter, NDArray x) {
            return new StoredStatistic(parameters.getValue(parameter, x.getDevice(), false));
        }

        double[] values() {
            float[] stored = EngineBridge.of(array).copy(array);
            double[] values = new double[stored.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = stored[i];
            }
            return values;
        }

        void set(double[] values) {
            float[] stored = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                stored[i] = (float) values[i];
            }
            EngineBridge.of(array).set(array, FloatBuffer.wrap(stored));
        }

        /**
         * Moves a running average: a = (1 - rate) a + rate * measured, where the measured value is
         * finite, so that a batch that overflows does not spoil it for good.
         */
        void follow(double[] measured, double rate) {
            double[] values = values();
            for (int i = 0; i < values.length; i++) {
                if (Double.isFinite(measured[i])) {
                    values[i] = (1 - rate) * values[i] + rate * measured[i];
                }
            }
            set(values);
        }
    }

    /**
     * A normaliser by mean and variance, then the addition of a second input if there is one, then
     * an activation. Input [N, C, H, W] (twice with a shortcut), output [N, C, H, W]. Where the
     * {@link EngineBridge} supports the array, one fused host function computes all three;
     * elsewhere the engine's operators do.
     */
    static final class Activated extends AbstractBlock {

        private final MomentNormBlock norm;
        private final Activation activation;
        private final Parameter tau;

        Activated(MomentNormBlock norm, Activation activation) {
            this.norm = addChildBlock("norm", norm);
            this.activation = activation;
            tau =
                    activation == Activation.TLU
                            ? addParameter(
                                    Parameter.builder()
                                            .setName("tau")
                                            .setType(Parameter.Type.OTHER)
                                            .optShape(new Shape(norm.channels()))
                                            .optInitializer(Initializer.ZEROS)
                                            .build())
                            : null;
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore parameters,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            NDArray threshold = tau(parameters, inputs, training);
            return new NDList(norm.run(parameters, inputs, activation, threshold, training));
        }

        NDArray fused(ParameterStore parameters, NDList inputs, boolean training) {
            return norm.fused(
                    parameters, inputs, activation, tau(parameters, inputs, training), training);
        }

        NDArray operators(ParameterStore parameters, NDList inputs, boolean training) {
            return norm.operators(
                    parameters, inputs, activation, tau(parameters, inputs, training), training);
        }

        private NDArray tau(ParameterStore parameters, NDList inputs, boolean training) {
            return tau == null
                    ? null
                    : parameters.getValue(tau, inputs.get(0).getDevice(), training);
        }

        @Override
        protected void initializeChildBlocks(
                NDManager manager, DataType dataType, Shape... inputShapes) {
            norm.initialize(manager, dataType, inputShapes[0]);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {inputShapes[0]};
        }
    }
}
