package dev.fern.backbone.convolution;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * The code that oneDNN has made for the convolution of one {@link ConvolutionShape}, and, once they
 * are asked for, for its gradients. Several threads may use it at the same time.
 */
final class ConvolutionKernel {

    private final Layouts layouts;
    private final convolution_forward.primitive_desc plan;
    private final convolution_forward code;
    private final memory.desc scratch;
    private final LayoutChange input;
    private final LayoutChange weights;
    private final LayoutChange output;
    private ConvolutionGradients gradients;

    ConvolutionKernel(ConvolutionShape shape, engine cpu) {
        layouts = new Layouts(shape, cpu);
        plan =
                new convolution_forward.primitive_desc(
                        layouts.cpu,
                        prop_kind.forward_training,
                        algorithm.convolution_direct,
                        layouts.input(false),
                        layouts.weights(false),
                        layouts.bias,
                        layouts.output(true),
                        layouts.strides(),
                        layouts.padding(),
                        layouts.padding(),
                        layouts.attributes,
                        false);
        code = new convolution_forward(plan);
        scratch = plan.scratchpad_desc();
        input = layouts.change(layouts.plainInput, plan.src_desc());
        weights = layouts.change(layouts.plainWeights, plan.weights_desc());
        output = layouts.change(plan.dst_desc(), layouts.plainOutput);
    }

    /** {@return the code of the gradients, made at the first call} */
    synchronized ConvolutionGradients gradients() {
        if (gradients == null) {
            gradients = new ConvolutionGradients(layouts, plan);
        }
        return gradients;
    }

    /**
     * Convolves images one by one, so that an image's result does not depend on the others.
     *
     * @param x [N, inputs, height, width], direct
     * @param w [outputs, inputs, kernel, kernel], direct
     * @param bias [outputs], direct; null if the shape has none
     * @param y [N, outputs, output height, output width], direct; filled
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void forward(FloatBuffer x, FloatBuffer w, FloatBuffer bias, FloatBuffer y) {
        ConvolutionShape shape = layouts.shape;
        try (PointerScope all = new PointerScope();
                stream stream = new stream(layouts.cpu)) {
            memory packed = weights.in(stream, w);
            memory offsets =
                    bias == null
                            ? null
                            : new memory(layouts.bias, layouts.cpu, new FloatPointer(bias));
            for (int n = 0; n < x.capacity() / shape.inputSize(); n++) {
                try (PointerScope one = new PointerScope()) {
                    FloatBuffer image = shape.outputImage(y, n);
                    memory result = output.result(image);
                    IntMemoryMap arguments =
                            new IntMemoryMap()
                                    .put(DNNL_ARG_SRC, input.in(stream, shape.inputImage(x, n)))
                                    .put(DNNL_ARG_WEIGHTS, packed)
                                    .put(DNNL_ARG_DST, result)
                                    .put(DNNL_ARG_SCRATCHPAD, new memory(scratch, layouts.cpu));
                    if (offsets != null) {
                        arguments.put(DNNL_ARG_BIAS, offsets);
                    }
                    code.execute(stream, arguments);
                    output.out(stream, result, image);
                    stream._wait();
                }
            }
        }
    }
}
