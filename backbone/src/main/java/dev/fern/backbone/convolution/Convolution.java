package dev.fern.backbone.convolution;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import java.util.ArrayList;
import java.util.List;

/**
 * A two-dimensional convolution with a square kernel. On the CPU it is computed by oneDNN where
 * that can be loaded, elsewhere by the engine. Names and shapes of the parameters are DJL's.
 */
public final class Convolution extends Conv2d {

    private Precision precision = Precision.FLOAT32;

    /**
     * Makes the block; its parameters are initialised later.
     *
     * @param filters output channels
     * @param kernel side of the kernel
     * @param stride distance between neighbouring windows, down and across
     * @param padding zeros on each side of the map
     * @param bias whether a bias is added
     */
    public Convolution(int filters, int kernel, int stride, int padding, boolean bias) {
        super(
                Conv2d.builder()
                        .setFilters(filters)
                        .setKernelShape(new Shape(kernel, kernel))
                        .optStride(new Shape(stride, stride))
                        .optPadding(new Shape(padding, padding))
                        .optBias(bias));
    }

    /**
     * Sets the precision of all convolutions of a network. Those that the engine computes stay
     * float32.
     *
     * @param network any block
     * @param precision in which numbers they are computed from now on
     */
    public static void setPrecision(Block network, Precision precision) {
        if (network instanceof Convolution convolution) {
            convolution.precision = precision;
        }
        network.getChildren().values().forEach(child -> setPrecision(child, precision));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.get(0);
        EngineBridge engine = EngineBridge.of(x);
        if (!engine.supports(x) || !OneDnn.isAvailable()) {
            return super.forwardInternal(parameters, inputs, training, params);
        }
        Device device = x.getDevice();
        List<NDArray> arguments = new ArrayList<>(3);
        arguments.add(x);
        arguments.add(parameters.getValue(weight, device, training));
        if (bias != null) {
            arguments.add(parameters.getValue(bias, device, training));
        }
        return new NDList(
                engine.apply(
                        new ConvolutionFunction(
                                Math.toIntExact(stride.get(0)),
                                Math.toIntExact(padding.get(0)),
                                precision),
                        arguments.toArray(NDArray[]::new)));
    }
}
