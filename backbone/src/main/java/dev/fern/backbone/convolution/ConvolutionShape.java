package dev.fern.backbone.convolution;

import java.nio.FloatBuffer;

/**
 * What a convolution of one image is computed with: oneDNN prepares its code for each shape.
 *
 * @param inputs channels of the map that comes in
 * @param outputs channels of the map that goes out
 * @param height of the map that comes in
 * @param width of the map that comes in
 * @param kernel side of the square kernel
 * @param stride distance between neighbouring windows, down and across
 * @param padding zeros on each side of the map
 * @param bias whether a bias is added
 * @param precision in which numbers it is computed
 */
record ConvolutionShape(
        int inputs,
        int outputs,
        int height,
        int width,
        int kernel,
        int stride,
        int padding,
        boolean bias,
        Precision precision) {

    /** {@return the height of the map that goes out} */
    int outputHeight() {
        return (height + 2 * padding - kernel) / stride + 1;
    }

    /** {@return the width of the map that goes out} */
    int outputWidth() {
        return (width + 2 * padding - kernel) / stride + 1;
    }

    /** {@return the elements of the map that comes in} */
    int inputSize() {
        return Math.multiplyExact(Math.multiplyExact(inputs, height), width);
    }

    /** {@return the elements of the map that goes out} */
    int outputSize() {
        return Math.multiplyExact(Math.multiplyExact(outputs, outputHeight()), outputWidth());
    }

    /** {@return the part of a buffer that holds one image's input} */
    FloatBuffer inputImage(FloatBuffer inputs, int n) {
        return inputs.slice(n * inputSize(), inputSize());
    }

    /** {@return the part of a buffer that holds one image's output} */
    FloatBuffer outputImage(FloatBuffer outputs, int n) {
        return outputs.slice(n * outputSize(), outputSize());
    }
}
