package dev.fern.backbone.convolution;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.scratchpad_mode;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;

/**
 * How the arrays of one {@link ConvolutionShape} lie in memory: as callers lend them, plain, and as
 * oneDNN wants them. In float32 oneDNN chooses. In bfloat16 maps lie as [H, W, C], which AMX takes
 * as fast as any, and results are float32.
 */
final class Layouts {

    final ConvolutionShape shape;
    final engine cpu;

    /**
     * Say that callers bring the memory that oneDNN works in. Its own belongs to the thread that
     * made the code, and no other thread may then run it.
     */
    final primitive_attr attributes = new primitive_attr();

    final memory.desc plainInput;
    final memory.desc plainOutput;
    final memory.desc plainWeights;

    /** Empty where there is none, which oneDNN takes for no bias. */
    final memory.desc bias;

    Layouts(ConvolutionShape shape, engine cpu) {
        this.shape = shape;
        this.cpu = cpu;
        attributes.set_scratchpad_mode(scratchpad_mode.user);
        plainInput = float32(inputSides(), memory.format_tag.nchw);
        plainOutput = float32(outputSides(), memory.format_tag.nchw);
        plainWeights = float32(weightSides(), memory.format_tag.oihw);
        bias =
                shape.bias()
                        ? float32(new long[] {shape.outputs()}, memory.format_tag.x)
                        : new memory.desc();
    }

    private static memory.desc float32(long[] sides, memory.format_tag layout) {
        return new memory.desc(sides, memory.data_type.f32, layout);
    }

    private boolean rounds() {
        return shape.precision() == Precision.BFLOAT16;
    }

    private long[] inputSides() {
        return new long[] {1, shape.inputs(), shape.height(), shape.width()};
    }

    private long[] outputSides() {
        return new long[] {1, shape.outputs(), shape.outputHeight(), shape.outputWidth()};
    }

    private long[] weightSides() {
        return new long[] {shape.outputs(), shape.inputs(), shape.kernel(), shape.kernel()};
    }

    /** {@return the layout of the input, or of its gradient} */
    memory.desc input(boolean isResult) {
        return map(inputSides(), isResult);
    }

    /** {@return the layout of the output, or of its gradient} */
    memory.desc output(boolean isResult) {
        return map(outputSides(), isResult);
    }

    private memory.desc map(long[] sides, boolean isResult) {
        return new memory.desc(
                sides,
                rounds() && !isResult ? memory.data_type.bf16 : memory.data_type.f32,
                rounds() ? memory.format_tag.nhwc : memory.format_tag.any);
    }

    /** {@return the layout of the weights, or of their gradient} */
    memory.desc weights(boolean isResult) {
        return new memory.desc(
                weightSides(),
                rounds() && !isResult ? memory.data_type.bf16 : memory.data_type.f32,
                memory.format_tag.any);
    }

    long[] strides() {
        return new long[] {shape.stride(), shape.stride()};
    }

    long[] padding() {
        return new long[] {shape.padding(), shape.padding()};
    }

    /** {@return the change from one layout to another} */
    LayoutChange change(memory.desc from, memory.desc to) {
        return new LayoutChange(cpu, attributes, from, to);
    }
}
