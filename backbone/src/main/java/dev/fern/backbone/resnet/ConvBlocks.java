package dev.fern.backbone.resnet;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;

/** Makes the convolutions that networks here are built of: square kernels, "same" padding. */
public final class ConvBlocks {

    private ConvBlocks() {}

    /**
     * Returns a convolution with padding (kernel - 1) / 2.
     *
     * @param filters output channels
     * @param kernel side of the kernel, odd
     * @param bias whether a bias is added
     */
    public static Conv2d conv(int filters, int kernel, int stride, boolean bias) {
        int padding = (kernel - 1) / 2;
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .optBias(bias)
                .build();
    }
}
