package dev.fern.backbone.convolution;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.global.dnnl.scratchpad_mode;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * The code that oneDNN has made for one {@link ConvolutionShape}: the convolution, its two
 * gradients, and the changes of layout and type around them. Any number of threads may use it at
 * the same time.
 *
 * <p>In float32 oneDNN chooses the layouts. In bfloat16 maps lie as [H, W, C], which AMX takes as
 * fast as any, and results are float32.
 */
final class ConvolutionKernel {

    private final ConvolutionShape shape;
    private final engine cpu;

    /**
     * Say that callers bring the memory that oneDNN works in. Its own belongs to the thread that
     * made the code, and no other thread may then run it.
     */
    private final primitive_attr attributes = new primitive_attr();

    /** The layouts of the arrays that callers lend. */
    private final memory.desc plainInput;

    private final memory.desc plainWeights;
    private final memory.desc plainBias;
    private final memory.desc plainOutput;

    private final convolution_forward.primitive_desc forwardPlan;
    private final convolution_forward forward;
    private final memory.desc forwardScratch;
    private final Change inputChange;
    private final Change weightsChange;
    private final Change outputChange;

    private Gradients gradients;

    /** A change of layout or type, which is nothing where both are the same. */
    private final class Change {
        private final memory.desc from;
        private final memory.desc to;
        private final reorder reorder;
        private final memory.desc scratch;

        Change(memory.desc from, memory.desc to) {
            this.from = from;
            this.to = to;
            if (from.equals(to)) {
                reorder = null;
                scratch = null;
            } else {
                var plan = new reorder.primitive_desc(cpu, from, cpu, to, attributes, false);
                reorder = new reorder(plan);
                scratch = plan.scratchpad_desc();
            }
        }

        /** {@return memory of the target layout with the values of a lent array} */
        memory in(stream stream, FloatBuffer values) {
            memory lent = new memory(from, cpu, new FloatPointer(values));
            if (reorder == null) {
                return lent;
            }
            memory changed = new memory(to, cpu);
            run(stream, lent, changed);
            return changed;
        }

        private void run(stream stream, memory source, memory target) {
            reorder.execute(
                    stream,
                    new IntMemoryMap()
                            .put(DNNL_ARG_FROM, source)
                            .put(DNNL_ARG_TO, target)
                            .put(DNNL_ARG_SCRATCHPAD, new memory(scratch, cpu)));
        }

        /** {@return memory for a result, which {@link #out} brings into a lent array} */
        memory result(FloatBuffer values) {
            return reorder == null
                    ? new memory(from, cpu, new FloatPointer(values))
                    : new memory(from, cpu);
        }

        void out(stream stream, memory result, FloatBuffer values) {
            if (reorder != null) {
                run(stream, result, new memory(to, cpu, new FloatPointer(values)));
            }
        }
    }

    /** The code of the backward pass, which is made when it is first needed. */
    private final class Gradients {
        private final convolution_backward_data data;
        private final memory.desc dataScratch;
        private final convolution_backward_weights weights;
        private final memory.desc weightsScratch;
        private final Change dataGradientIn;
        private final Change dataWeights;
        private final Change dataOut;
        private final Change weightsInput;
        private final Change weightsGradientIn;
        private final Change weightsOut;

        Gradients() {
            var dataPlan =
                    new convolution_backward_data.primitive_desc(
                            cpu,
                            algorithm.convolution_direct,
                            map(shape.inputs(), shape.height(), shape.width(), false),
                            weights(),
                            map(shape.outputs(), shape.outputHeight(), shape.outputWidth(), true),
                            strides(),
                            padding(),
                            padding(),
                            forwardPlan,
                            attributes,
                            false);
            data = new convolution_backward_data(dataPlan);
            dataScratch = dataPlan.scratchpad_desc();
            dataGradientIn = new Change(plainOutput, dataPlan.diff_dst_desc());
            dataWeights = new Change(plainWeights, dataPlan.weights_desc());
            dataOut = new Change(dataPlan.diff_src_desc(), plainInput);
            memory.desc input = map(shape.inputs(), shape.height(), shape.width(), true);
            memory.desc wantedWeights =
                    tensor(weightSides(), memory.data_type.f32, memory.format_tag.any);
            memory.desc output =
                    map(shape.outputs(), shape.outputHeight(), shape.outputWidth(), true);
            var weightsPlan =
                    shape.bias()
                            ? new convolution_backward_weights.primitive_desc(
                                    cpu,
                                    algorithm.convolution_direct,
                                    input,
                                    wantedWeights,
                                    plainBias,
                                    output,
                                    strides(),
                                    padding(),
                                    padding(),
                                    forwardPlan,
                                    attributes,
                                    false)
                            : new convolution_backward_weights.primitive_desc(
                                    cpu,
                                    algorithm.convolution_direct,
                                    input,
                                    wantedWeights,
                                    output,
                                    strides(),
                                    padding(),
                                    padding(),
                                    forwardPlan,
                                    attributes,
                                    false);
            weights = new convolution_backward_weights(weightsPlan);
            weightsScratch = weightsPlan.scratchpad_desc();
            weightsInput = new Change(plainInput, weightsPlan.src_desc());
            weightsGradientIn = new Change(plainOutput, weightsPlan.diff_dst_desc());
            weightsOut = new Change(weightsPlan.diff_weights_desc(), plainWeights);
        }
    }

    ConvolutionKernel(ConvolutionShape shape, engine cpu) {
        this.shape = shape;
        this.cpu = cpu;
        attributes.set_scratchpad_mode(scratchpad_mode.user);
        plainInput =
                tensor(
                        new long[] {1, shape.inputs(), shape.height(), shape.width()},
                        memory.data_type.f32,
                        memory.format_tag.nchw);
        plainOutput =
                tensor(
                        new long[] {1, shape.outputs(), shape.outputHeight(), shape.outputWidth()},
                        memory.data_type.f32,
                        memory.format_tag.nchw);
        plainWeights = tensor(weightSides(), memory.data_type.f32, memory.format_tag.oihw);
        plainBias = tensor(new long[] {shape.outputs()}, memory.data_type.f32, memory.format_tag.x);
        memory.desc input = map(shape.inputs(), shape.height(), shape.width(), true);
        memory.desc output = map(shape.outputs(), shape.outputHeight(), shape.outputWidth(), false);
        forwardPlan =
                shape.bias()
                        ? new convolution_forward.primitive_desc(
                                cpu,
                                prop_kind.forward_training,
                                algorithm.convolution_direct,
                                input,
                                weights(),
                                plainBias,
                                output,
                                strides(),
                                padding(),
                                padding(),
                                attributes,
                                false)
                        : new convolution_forward.primitive_desc(
                                cpu,
                                prop_kind.forward_training,
                                algorithm.convolution_direct,
                                input,
                                weights(),
                                output,
                                strides(),
                                padding(),
                                padding(),
                                attributes,
                                false);
        forward = new convolution_forward(forwardPlan);
        forwardScratch = forwardPlan.scratchpad_desc();
        inputChange = new Change(plainInput, forwardPlan.src_desc());
        weightsChange = new Change(plainWeights, forwardPlan.weights_desc());
        outputChange = new Change(forwardPlan.dst_desc(), plainOutput);
    }

    private static memory.desc tensor(
            long[] sides, memory.data_type type, memory.format_tag layout) {
        return new memory.desc(sides, type, layout);
    }

    /** {@return the layout of a map} Only maps that go into a convolution are rounded. */
    private memory.desc map(int channels, int height, int width, boolean goesIn) {
        boolean half = shape.precision() == Precision.BFLOAT16;
        return tensor(
                new long[] {1, channels, height, width},
                half && goesIn ? memory.data_type.bf16 : memory.data_type.f32,
                half ? memory.format_tag.nhwc : memory.format_tag.any);
    }

    private memory.desc weights() {
        return tensor(
                weightSides(),
                shape.precision() == Precision.BFLOAT16
                        ? memory.data_type.bf16
                        : memory.data_type.f32,
                memory.format_tag.any);
    }

    private long[] weightSides() {
        return new long[] {shape.outputs(), shape.inputs(), shape.kernel(), shape.kernel()};
    }

    private long[] strides() {
        return new long[] {shape.stride(), shape.stride()};
    }

    private long[] padding() {
        return new long[] {shape.padding(), shape.padding()};
    }

    private synchronized Gradients gradients() {
        if (gradients == null) {
            gradients = new Gradients();
        }
        return gradients;
    }

    /**
     * Convolves images one by one, so that an image's result does not depend on the others.
     *
     * @param input [N, inputs, height, width], direct
     * @param weights [outputs, inputs, kernel, kernel], direct
     * @param bias [outputs], direct; null if the shape has none
     * @param output [N, outputs, output height, output width], direct
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void forward(FloatBuffer input, FloatBuffer weights, FloatBuffer bias, FloatBuffer output) {
        int images = input.capacity() / shape.inputSize();
        try (PointerScope all = new PointerScope();
                stream stream = new stream(cpu)) {
            memory packed = weightsChange.in(stream, weights);
            memory offsets =
                    bias == null ? null : new memory(plainBias, cpu, new FloatPointer(bias));
            for (int n = 0; n < images; n++) {
                try (PointerScope one = new PointerScope()) {
                    FloatBuffer image = image(output, n, shape.outputSize());
                    memory result = outputChange.result(image);
                    IntMemoryMap arguments =
                            new IntMemoryMap()
                                    .put(
                                            DNNL_ARG_SRC,
                                            inputChange.in(
                                                    stream, image(input, n, shape.inputSize())))
                                    .put(DNNL_ARG_WEIGHTS, packed)
                                    .put(DNNL_ARG_DST, result)
                                    .put(DNNL_ARG_SCRATCHPAD, new memory(forwardScratch, cpu));
                    if (offsets != null) {
                        arguments.put(DNNL_ARG_BIAS, offsets);
                    }
                    forward.execute(stream, arguments);
                    outputChange.out(stream, result, image);
                    stream._wait();
                }
            }
        }
    }

    /**
     * Computes the gradient of the input from that of the output.
     *
     * @param weights as in the forward pass
     * @param outputGradient as large as the output, direct
     * @param inputGradient as large as the input, direct; filled
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void inputGradient(FloatBuffer weights, FloatBuffer outputGradient, FloatBuffer inputGradient) {
        Gradients code = gradients();
        int images = inputGradient.capacity() / shape.inputSize();
        try (PointerScope all = new PointerScope();
                stream stream = new stream(cpu)) {
            memory packed = code.dataWeights.in(stream, weights);
            for (int n = 0; n < images; n++) {
                try (PointerScope one = new PointerScope()) {
                    FloatBuffer image = image(inputGradient, n, shape.inputSize());
                    memory result = code.dataOut.result(image);
                    code.data.execute(
                            stream,
                            new IntMemoryMap()
                                    .put(
                                            DNNL_ARG_DIFF_DST,
                                            code.dataGradientIn.in(
                                                    stream,
                                                    image(outputGradient, n, shape.outputSize())))
                                    .put(DNNL_ARG_WEIGHTS, packed)
                                    .put(DNNL_ARG_DIFF_SRC, result)
                                    .put(DNNL_ARG_SCRATCHPAD, new memory(code.dataScratch, cpu)));
                    code.dataOut.out(stream, result, image);
                    stream._wait();
                }
            }
        }
    }

    /**
     * Computes the gradients of the weights and the bias of one image.
     *
     * @param input of the image, direct
     * @param outputGradient of the image, direct
     * @param weightsGradient [outputs, inputs, kernel, kernel], direct; filled
     * @param biasGradient [outputs], direct; filled; null if the shape has no bias
     */
    @SuppressWarnings("try") // a scope frees what is made within it
    void weightsGradient(
            FloatBuffer input,
            FloatBuffer outputGradient,
            FloatBuffer weightsGradient,
            FloatBuffer biasGradient) {
        Gradients code = gradients();
        try (PointerScope all = new PointerScope();
                stream stream = new stream(cpu)) {
            memory result = code.weightsOut.result(weightsGradient);
            IntMemoryMap arguments =
                    new IntMemoryMap()
                            .put(DNNL_ARG_SRC, code.weightsInput.in(stream, input))
                            .put(
                                    DNNL_ARG_DIFF_DST,
                                    code.weightsGradientIn.in(stream, outputGradient))
                            .put(DNNL_ARG_DIFF_WEIGHTS, result)
                            .put(DNNL_ARG_SCRATCHPAD, new memory(code.weightsScratch, cpu));
            if (biasGradient != null) {
                arguments.put(
                        DNNL_ARG_DIFF_BIAS,
                        new memory(plainBias, cpu, new FloatPointer(biasGradient)));
            }
            code.weights.execute(stream, arguments);
            code.weightsOut.out(stream, result, weightsGradient);
            stream._wait();
        }
    }

    /** {@return the part of a buffer that belongs to one image} */
    static FloatBuffer image(FloatBuffer values, int n, int size) {
        return values.slice(n * size, size);
    }
}
