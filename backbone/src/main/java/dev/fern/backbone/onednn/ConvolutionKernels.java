package dev.fern.backbone.onednn;

import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;

/**
 * The code for the convolutions of one {@link ConvolutionShape} and, once they are asked for, for
 * their gradients. Maps lie as [H, W, C]; oneDNN chooses the layout of weights.
 */
final class ConvolutionKernels extends NativeCode {

    private final ConvolutionShape shape;
    private final primitive_attr attributes = keep(OneDnn.newAttributes());
    private final Kernel forward;
    private final memory.desc weights;
    private final Kernel packing;
    private Gradients gradients;

    /** The layout in which the engine has the weights. */
    final memory.desc plainWeights;

    final memory.desc bias;

    ConvolutionKernels(ConvolutionShape shape) {
        this.shape = shape;
        plainWeights =
                keep(
                        new memory.desc(
                                weightSides(),
                                memory.data_type.f32,
                                shape.groups() == 1
                                        ? memory.format_tag.oihw
                                        : memory.format_tag.goihw));
        bias =
                keep(
                        shape.bias()
                                ? new memory.desc(
                                        new long[] {shape.outputs()},
                                        memory.data_type.f32,
                                        memory.format_tag.x)
                                : new memory.desc()); // oneDNN takes an empty one for none
        var plan = plan(shape.output());
        forward = keep(new Kernel(plan, new convolution_forward(plan)));
        weights = keep(plan.weights_desc());
        packing = keep(Workspace.copying(plainWeights, weights));
    }

    private convolution_forward.primitive_desc plan(MapShape output) {
        return new convolution_forward.primitive_desc(
                OneDnn.cpu(),
                prop_kind.forward_training,
                algorithm.convolution_direct,
                shape.input().layout(),
                anyWeights(shape.precision()),
                bias,
                output.layout(),
                strides(),
                dilation(),
                padding(),
                padding(),
                attributes,
                false);
    }

    private long[] weightSides() {
        long kernel = shape.kernel();
        long outputs = shape.outputs();
        long inputs = shape.inputs() / shape.groups();
        return shape.groups() == 1
                ? new long[] {outputs, inputs, kernel, kernel}
                : new long[] {shape.groups(), outputs / shape.groups(), inputs, kernel, kernel};
    }

    private memory.desc anyWeights(Precision precision) {
        return new memory.desc(weightSides(), precision.type(), memory.format_tag.any);
    }

    private long[] strides() {
        return new long[] {shape.stride(), shape.stride()};
    }

    private long[] padding() {
        return new long[] {shape.padding(), shape.padding()};
    }

    /** oneDNN counts the places that are left out. */
    private long[] dilation() {
        return new long[] {shape.dilation() - 1, shape.dilation() - 1};
    }

    /** {@return the convolution, which takes weights of the layout {@link #weights}} */
    Kernel forward() {
        return forward;
    }

    /** {@return the layout of the weights for the forward pass} */
    memory.desc weights() {
        return weights;
    }

    /** {@return what lays the engine's weights out for the forward pass} */
    Kernel packing() {
        return packing;
    }

    /** {@return the code for the gradients, which is made at the first call} */
    synchronized Gradients gradients() {
        if (gradients == null) {
            gradients = OneDnn.make(Gradients::new);
        }
        return gradients;
    }

    /** The code for the gradients of the map that comes in and of the parameters. */
    final class Gradients {
        private final Kernel ofInput;
        private final Kernel ofWeights;
        private final memory.desc packed;
        private final memory.desc result;
        private final Kernel packing;
        private final Kernel copying;
        private final Kernel adding;

        private Gradients() {
            engine cpu = OneDnn.cpu();
            memory.desc input = shape.input().layout();
            MapShape gradient = shape.output().in(shape.precision());
            memory.desc output = gradient.layout();
            convolution_forward.primitive_desc hint = plan(gradient);
            var data =
                    new convolution_backward_data.primitive_desc(
                            cpu,
                            algorithm.convolution_direct,
                            input,
                            anyWeights(shape.precision()),
                            output,
                            strides(),
                            dilation(),
                            padding(),
                            padding(),
                            hint,
                            attributes,
                            false);
            ofInput = keep(new Kernel(data, new convolution_backward_data(data)));
            packed = keep(data.weights_desc());
            var parameters =
                    new convolution_backward_weights.primitive_desc(
                            cpu,
                            algorithm.convolution_direct,
                            input,
                            anyWeights(Precision.FLOAT32),
                            bias,
                            output,
                            strides(),
                            dilation(),
                            padding(),
                            padding(),
                            hint,
                            attributes,
                            false);
            ofWeights = keep(new Kernel(parameters, new convolution_backward_weights(parameters)));
            result = keep(parameters.diff_weights_desc());
            packing = keep(Workspace.copying(plainWeights, packed));
            copying = keep(Workspace.copying(result, plainWeights));
            adding = keep(Workspace.adding(result, plainWeights));
        }

        /** {@return the gradient of the map, which takes weights of the layout {@link #packed}} */
        Kernel ofInput() {
            return ofInput;
        }

        /**
         * {@return the gradient of the parameters, that of the weights laid out as {@link #result}}
         */
        Kernel ofWeights() {
            return ofWeights;
        }

        /** {@return the layout of the weights for the backward pass} */
        memory.desc packed() {
            return packed;
        }

        /** {@return the layout of the gradient of the weights, float32} */
        memory.desc result() {
            return result;
        }

        /** {@return what lays the engine's weights out for the backward pass} */
        Kernel packing() {
            return packing;
        }

        /** {@return what writes, or adds, the gradient of the weights as the engine has them} */
        Kernel unpacking(boolean adds) {
            return adds ? adding : copying;
        }
    }
}
