package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;

/** A convolution of a tape's maps. */
abstract class ConvolutionFunction {

    final Tape tape;
    final ConvolutionShape shape;
    final NDArray weights;

    /** Null if there is none. */
    final NDArray bias;

    ConvolutionFunction(Tape tape, ConvolutionShape shape, NDArray weights, NDArray bias) {
        this.tape = tape;
        this.shape = shape;
        this.weights = weights;
        this.bias = bias;
    }

    /**
     * {@return the convolution of a map} One whose windows are single places apart is computed on
     * these places alone: with two threads oneDNN 3.11 writes beyond its memory in the gradient of
     * its weights.
     *
     * @param x [N, C, H, W]
     * @param weights [F, C / groups, K, K], or [F, C] for a kernel of side 1
     * @param bias [F]; null for none
     * @param stride distance between neighbouring windows
     * @param padding zeros on each side of the map
     * @param dilation distance between neighbouring taps of a window
     * @param groups into how many parts the channels are divided
     * @param result precision of the output
     */
    static MapArray apply(
            MapArray x,
            NDArray weights,
            NDArray bias,
            int stride,
            int padding,
            int dilation,
            int groups,
            Precision result) {
        if (stride > 1 && padding == 0 && isPointwise(weights)) {
            return apply(
                    MapFunctions.subsample(x, stride),
                    weights,
                    bias,
                    1,
                    0,
                    dilation,
                    groups,
                    result);
        }
        MapMemory input = x.memory();
        Shape sides = weights.getShape();
        ConvolutionShape shape =
                new ConvolutionShape(
                        input.shape.channels(),
                        Math.toIntExact(sides.get(0)),
                        input.shape.height(),
                        input.shape.width(),
                        isPointwise(weights) ? 1 : Math.toIntExact(sides.get(2)),
                        stride,
                        padding,
                        dilation,
                        groups,
                        bias != null,
                        input.shape.precision(),
                        result);
        Tape tape = x.tape();
        if (tape.trains(weights)) {
            tape.weightGradients().expect(weights, input.shape.images());
        }
        ConvolutionFunction function =
                WinogradFunction.suits(shape)
                        ? new WinogradFunction(tape, shape, weights, bias)
                        : new Direct(tape, shape, weights, bias);
        return tape.record(
                function.forward(input),
                List.of(input),
                bias == null ? List.of(weights) : List.of(weights, bias),
                gradient -> function.backward(input, gradient));
    }

    private static boolean isPointwise(NDArray weights) {
        Shape sides = weights.getShape();
        return sides.dimension() == 2 || sides.get(2) == 1;
    }

    /** {@return the convolution of a map} */
    abstract MapMemory forward(MapMemory input);

    /**
     * Adds to the gradients of the map and of the parameters.
     *
     * @param input what was convolved
     * @param outputGradient the gradient of the result
     */
    abstract void backward(MapMemory input, MapMemory outputGradient);

    /** As oneDNN's convolutions compute it. */
    private static final class Direct extends ConvolutionFunction {

        Direct(Tape tape, ConvolutionShape shape, NDArray weights, NDArray bias) {
            super(tape, shape, weights, bias);
        }

        private ConvolutionKernels kernels() {
            return OneDnn.code(shape, ConvolutionKernels::new);
        }

        @Override
        MapMemory forward(MapMemory input) {
            ConvolutionKernels kernels = kernels();
            memory packed =
                    tape.packed(
                            weights, kernels.plainWeights, kernels.weights(), kernels.packing());
            MapMemory output =
                    new MapMemory(tape.workspace(), shape.output().times(input.shape.images()));
            FloatPointer offsets =
                    bias == null ? null : new FloatPointer(EngineBridge.of(bias).floats(bias));
            for (int n = 0; n < input.shape.images(); n++) {
                Kernel.Arguments arguments =
                        kernels.forward()
                                .with(DNNL_ARG_SRC, input.image(n))
                                .with(DNNL_ARG_WEIGHTS, packed)
                                .with(DNNL_ARG_DST, output.image(n));
                if (offsets != null) {
                    arguments.withLent(
                            DNNL_ARG_BIAS, new memory(kernels.bias, OneDnn.cpu(), offsets));
                }
                arguments.run(tape.workspace());
            }
            return output;
        }

        @Override
        void backward(MapMemory input, MapMemory outputGradient) {
            ConvolutionKernels kernels = kernels();
            ConvolutionKernels.Gradients gradients = kernels.gradients();
            if (input.wantsGradient) {
                memory packed =
                        tape.packed(
                                weights,
                                kernels.plainWeights,
                                gradients.packed(),
                                gradients.packing());
                MapMemory inputGradient = new MapMemory(tape.workspace(), input.shape);
                for (int n = 0; n < input.shape.images(); n++) {
                    gradients
                            .ofInput()
                            .with(DNNL_ARG_DIFF_DST, outputGradient.image(n))
                            .with(DNNL_ARG_WEIGHTS, packed)
                            .with(DNNL_ARG_DIFF_SRC, inputGradient.image(n))
                            .run(tape.workspace());
                }
                tape.addGradient(input, inputGradient);
            }
            boolean trainsBias = bias != null && tape.trains(bias);
            if (!tape.trains(weights) && !trainsBias) {
                return;
            }
            try (memory biasGradient =
                    bias == null ? null : tape.workspace().memory(kernels.bias)) {
                for (int n = 0; n < input.shape.images(); n++) {
                    memory weightsGradient = tape.workspace().memory(gradients.result());
                    Kernel.Arguments arguments =
                            gradients
                                    .ofWeights()
                                    .with(DNNL_ARG_SRC, input.image(n))
                                    .with(DNNL_ARG_DIFF_DST, outputGradient.image(n))
                                    .with(DNNL_ARG_DIFF_WEIGHTS, weightsGradient);
                    if (bias != null) {
                        arguments.with(DNNL_ARG_DIFF_BIAS, biasGradient);
                    }
                    arguments.run(tape.workspace());
                    if (tape.trains(weights)) {
                        tape.weightGradients()
                                .add(
                                        tape.workspace(),
                                        weights,
                                        gradients.result(),
                                        weightsGradient,
                                        kernels.plainWeights,
                                        this::unpack);
                    } else {
                        weightsGradient.close();
                    }
                    if (trainsBias) {
                        tape.gradients()
                                .add(bias, ElementwiseKernels.read(biasGradient, shape.outputs()));
                    }
                }
            }
        }

        private void unpack(memory term, memory gradient, boolean adds) {
            tape.workspace().run(kernels().gradients().unpacking(adds), term, gradient);
        }
    }
}
