package dev.fern.backbone.convolution;

import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.loop.FloatChunks;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** A convolution by oneDNN: inputs x [N, C, H, W], weights [F, C, K, K] and perhaps a bias [F]. */
final class ConvolutionFunction implements HostFunction {

    private final int stride;
    private final int padding;
    private final Precision precision;
    private ConvolutionShape shape;
    private int images;

    ConvolutionFunction(int stride, int padding, Precision precision) {
        this.stride = stride;
        this.padding = padding;
        this.precision = precision;
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape x = inputs.get(0);
        Shape weights = inputs.get(1);
        images = Math.toIntExact(x.get(0));
        shape =
                new ConvolutionShape(
                        Math.toIntExact(x.get(1)),
                        Math.toIntExact(weights.get(0)),
                        Math.toIntExact(x.get(2)),
                        Math.toIntExact(x.get(3)),
                        Math.toIntExact(weights.get(2)),
                        stride,
                        padding,
                        inputs.size() > 2,
                        precision);
        return new Shape(images, shape.outputs(), shape.outputHeight(), shape.outputWidth());
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        OneDnn.kernel(shape)
                .forward(inputs.get(0), inputs.get(1), shape.bias() ? inputs.get(2) : null, output);
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        ConvolutionGradients code = OneDnn.kernel(shape).gradients();
        into(
                inputGradients.get(0),
                gradient -> code.ofInput(inputs.get(1), outputGradient, gradient));
        FloatBuffer weights = inputGradients.get(1);
        FloatBuffer bias = shape.bias() ? inputGradients.get(2) : null;
        if (weights == null && bias == null) {
            return;
        }
        // oneDNN computes both at once; what is not wanted goes into memory of its own.
        into(
                weights == null ? direct(inputs.get(1).capacity()) : weights,
                w -> {
                    if (shape.bias()) {
                        into(
                                bias == null ? direct(shape.outputs()) : bias,
                                b -> weightsGradient(inputs, outputGradient, w, b));
                    } else {
                        weightsGradient(inputs, outputGradient, w, null);
                    }
                });
    }

    @Override
    public boolean skipsUnwanted() {
        return true;
    }

    /** Sums the gradients of the images, in their order. */
    private void weightsGradient(
            List<FloatBuffer> inputs,
            FloatBuffer outputGradient,
            FloatBuffer weights,
            FloatBuffer bias) {
        ConvolutionGradients code = OneDnn.kernel(shape).gradients();
        code.ofWeights(
                shape.inputImage(inputs.get(0), 0),
                shape.outputImage(outputGradient, 0),
                weights,
                bias);
        if (images == 1) {
            return;
        }
        FloatBuffer moreWeights = direct(weights.capacity());
        FloatBuffer moreBias = bias == null ? null : direct(bias.capacity());
        for (int n = 1; n < images; n++) {
            code.ofWeights(
                    shape.inputImage(inputs.get(0), n),
                    shape.outputImage(outputGradient, n),
                    moreWeights,
                    moreBias);
            add(moreWeights, weights);
            if (bias != null) {
                add(moreBias, bias);
            }
        }
    }

    private static void add(FloatBuffer terms, FloatBuffer sums) {
        FloatChunks.forEach(
                sums.capacity(),
                (start, count, sum, term) -> {
                    sums.get(start, sum, 0, count);
                    terms.get(start, term, 0, count);
                    for (int i = 0; i < count; i++) {
                        sum[i] += term[i];
                    }
                    sums.put(start, sum, 0, count);
                });
    }

    /** Work that fills a direct buffer. */
    private interface Filling {
        void fill(FloatBuffer direct);
    }

    /** Fills a buffer, by way of a direct one if it is on Java's heap; nothing if it is null. */
    private static void into(FloatBuffer wanted, Filling filling) {
        if (wanted == null) {
            return;
        }
        if (wanted.isDirect()) {
            filling.fill(wanted);
            return;
        }
        FloatBuffer direct = direct(wanted.capacity());
        filling.fill(direct);
        wanted.put(0, direct, 0, direct.capacity());
    }

    private static FloatBuffer direct(int size) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(size, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
