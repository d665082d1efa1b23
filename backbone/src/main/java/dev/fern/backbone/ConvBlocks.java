package dev.fern.backbone;

import dev.fern.backbone.onednn.Convolution;

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
    public static Convolution conv(int filters, int kernel, int stride, boolean bias) {
        return new Convolution(filters, kernel, stride, (kernel - 1) / 2, bias, false);
    }

    /**
     * {@return a new convolution to a network's outputs: of stride 1, with padding (kernel - 1) / 2
     * and a bias, and float32 where maps are bfloat16}
     *
     * @param filters output channels
     * @param kernel side of the kernel, odd
     */
    public static Convolution output(int filters, int kernel) {
        return new Convolution(filters, kernel, 1, (kernel - 1) / 2, true, true);
    }
}
