package dev.fern.detection.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;

/**
 * A 3x3 convolution with bias to any number of channels, for one map or several. Where the engine
 * would be slow with that number, it computes a few channels more, whose weights are zero, and
 * leaves them out of its output.
 */
final class OutputConvolution extends Conv2d {

    private static final Shape PADDING = new Shape(1, 1);

    OutputConvolution(int channels) {
        super(
                Conv2d.builder()
                        .setFilters(channels)
                        .setKernelShape(new Shape(3, 3))
                        .optPadding(PADDING));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray first = inputs.get(0);
        EngineBridge engine = EngineBridge.of(first);
        Device device = first.getDevice();
        int extra =
                engine.lendsMemory(first)
                        ? Math.floorMod(-filters, engine.fastChannelMultiple(device))
                        : 0;
        NDArray ownWeight = parameters.getValue(weight, device, training);
        NDArray ownBias = parameters.getValue(bias, device, training);
        NDList outputs = new NDList(inputs.size());
        if (extra == 0) {
            for (NDArray input : inputs) {
                outputs.addAll(conv2d(input, ownWeight, ownBias, stride, padding));
            }
            return outputs;
        }
        try (NDArray allWeights = extended(ownWeight, extra, first);
                NDArray allBiases = extended(ownBias, extra, first)) {
            for (NDArray input : inputs) {
                try (NDArray all =
                        conv2d(input, allWeights, allBiases, stride, padding).singletonOrThrow()) {
                    engine.floats(all); // in C order: MXNet can't cut its own layout here
                    outputs.add(all.get(":, :{}", filters));
                }
            }
        }
        return outputs;
    }

    /**
     * Returns an array with {@code extra} zeros added to its first dimension, by another's manager.
     */
    private static NDArray extended(NDArray array, int extra, NDArray other) {
        long[] shape = array.getShape().getShape().clone();
        shape[0] = extra;
        try (NDArray zeros = other.getManager().zeros(new Shape(shape))) {
            NDArray extended = array.concat(zeros);
            extended.attach(other.getManager());
            return extended;
        }
    }
}
