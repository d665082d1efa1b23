package dev.fern.backbone.convolution;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * The code that oneDNN has made for the gradients of one {@link ConvolutionShape}. Several threads
 * may use it at the same time.
 */
final class ConvolutionGradients {

    private final Layouts layouts;

    private final convolution_backward_data data;
    private final memory.desc dataScratch;
    private final LayoutChange dataOutput;
    private final LayoutChange dataWeights;
    private final LayoutChange dataInput;

    private final convolution_backward_weights weights;
    private final memory.desc weightsScratch;
    private final LayoutChange weightsInput;
    private final LayoutChange weightsOutput;
    private final LayoutChange weightsResult;

    /**
     * Makes the code.
     *
     * @param forward the plan of the forward pass, which oneDNN wants to know
     */
    ConvolutionGradients(Layouts layouts, convolution_forward.primitive_desc forward) {
        this.layouts = layouts;
        var dataPlan =
                new convolution_backward_data.primitive_desc(
                        layouts.cpu,
                        algorithm.convolution_direct,
                        layouts.input(true),
                        layouts.weights(false),
                        layouts.output(false),
                        layouts.strides(),
                        layouts.padding(),
                        layouts.padding(),
                        forward,
                        layouts.attributes,
                        false);
        data = new convolution_backward_data(dataPlan);
        dataScratch = dataPlan.scratchpad_desc();
        dataOutput = layouts.change(layouts.plainOutput, dataPlan.diff_dst_desc());
        dataWeights = layouts.change(layouts.plainWeights, dataPlan.weights_desc());
        dataInput = layouts.change(dataPlan.diff_src_desc(), layouts.plainInput);
        var weightsPlan =
                new convolution_backward_weights.primitive_desc(
                        layouts.cpu,
                        algorithm.convolution_direct,
                        layouts.input(false),
                        layouts.weights(true),
                        layouts.bias,
                        layouts.output(false),
                        layouts.strides(),
                        layouts.padding(),
                        layouts.padding(),
                        forward,
                        layouts.attributes,
                        false);
        weights = new convolution_backward_weights(weightsPlan);
        weightsScratch = weightsPlan.scratchpad_desc();
        weightsInput = layouts.change(layouts.plainInput, weightsPlan.src_desc());
        weightsOutput = layouts.change(layouts.plainOutput, weightsPlan.diff_dst_desc());
        weightsResult = layouts.change(weightsPlan.diff_weights_desc(), layouts.plainWeights);
    }

    /**
     * Computes the gradient of the input from that of the output, image by image.
     *
     * @param w [outputs, inputs, kernel, kernel], direct
     * @param dy [N, outputs, output height, output width], direct
     * @param dx [N, inputs, height, width], direct; filled
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void ofInput(FloatBuffer w, FloatBuffer dy, FloatBuffer dx) {
        ConvolutionShape shape = layouts.shape;
        try (PointerScope all = new PointerScope();
                stream stream = new stream(layouts.cpu)) {
            memory packed = dataWeights.in(stream, w);
            for (int n = 0; n < dx.capacity() / shape.inputSize(); n++) {
                try (PointerScope one = new PointerScope()) {
                    FloatBuffer image = shape.inputImage(dx, n);
                    memory result = dataInput.result(image);
                    data.execute(
                            stream,
                            new IntMemoryMap()
                                    .put(
                                            DNNL_ARG_DIFF_DST,
                                            dataOutput.in(stream, shape.outputImage(dy, n)))
                                    .put(DNNL_ARG_WEIGHTS, packed)
                                    .put(DNNL_ARG_DIFF_SRC, result)
                                    .put(
                                            DNNL_ARG_SCRATCHPAD,
                                            new memory(dataScratch, layouts.cpu)));
                    dataInput.out(stream, result, image);
                    stream._wait();
                }
            }
        }
    }

    /**
     * Computes the gradients of the weights and the bias for one image.
     *
     * @param x [inputs, height, width], direct
     * @param dy [outputs, output height, output width], direct
     * @param dw [outputs, inputs, kernel, kernel], direct; filled
     * @param dbias [outputs], direct; filled; null if the shape has no bias
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void ofWeights(FloatBuffer x, FloatBuffer dy, FloatBuffer dw, FloatBuffer dbias) {
        try (PointerScope all = new PointerScope();
                stream stream = new stream(layouts.cpu)) {
            memory result = weightsResult.result(dw);
            IntMemoryMap arguments =
                    new IntMemoryMap()
                            .put(DNNL_ARG_SRC, weightsInput.in(stream, x))
                            .put(DNNL_ARG_DIFF_DST, weightsOutput.in(stream, dy))
                            .put(DNNL_ARG_DIFF_WEIGHTS, result)
                            .put(DNNL_ARG_SCRATCHPAD, new memory(weightsScratch, layouts.cpu));
            if (dbias != null) {
                arguments.put(
                        DNNL_ARG_DIFF_BIAS,
                        new memory(layouts.bias, layouts.cpu, new FloatPointer(dbias)));
            }
            weights.execute(stream, arguments);
            weightsResult.out(stream, result, dw);
            stream._wait();
        }
    }
}
