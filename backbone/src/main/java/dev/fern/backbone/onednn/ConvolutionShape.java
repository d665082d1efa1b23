package dev.fern.backbone.onednn;

/**
 * What a convolution of one image is computed with: oneDNN makes its code for each shape.
 *
 * @param inputs channels of the map that comes in
 * @param outputs channels of the map that goes out
 * @param height of the map that comes in
 * @param width of the map that comes in
 * @param kernel side of the square kernel
 * @param stride distance between neighbouring windows, down and across
 * @param padding zeros on each side of the map
 * @param dilation distance between neighbouring taps of a window, 1 for none between them
 * @param groups into how many parts the channels are divided, each with windows of its own
 * @param bias whether a bias is added
 * @param precision of the map that comes in, and of the weights
 * @param result precision of the map that goes out
 */
record ConvolutionShape(
        int inputs,
        int outputs,
        int height,
        int width,
        int kernel,
        int stride,
        int padding,
        int dilation,
        int groups,
        boolean bias,
        Precision precision,
        Precision result) {

    MapShape input() {
        return new MapShape(1, inputs, height, width, precision);
    }

    MapShape output() {
        return new MapShape(1, outputs, outputSide(height), outputSide(width), result);
    }

    private int outputSide(int side) {
        return (side + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    }
}
