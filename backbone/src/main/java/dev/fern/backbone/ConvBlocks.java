package dev.fern.backbone;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;

/**
 * Makes the convolutions that the networks are built of, with square kernels and "same" padding.
 */
public final class ConvBlocks {

    private ConvBlocks() {}

    /**
     * {@return a new convolution with padding (kernel - 1) / 2}
     *
     * @param filters output channels
     * @param kernel side of the kernel, odd
     * @param stride distance between neighbouring windows, down and across
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
