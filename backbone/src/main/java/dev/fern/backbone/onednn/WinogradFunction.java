package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.winograd.MapSquares;
import dev.fern.backbone.winograd.SquareGrid;
import dev.fern.backbone.winograd.WeightSquares;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A convolution of a tape's float32 maps by 3x3 taps, by {@linkplain dev.fern.backbone.winograd
 * Winograd's minimal filtering}: 36 products of matrices, of [squares, inputs] by [inputs,
 * outputs], take its place. The backward pass is the adjoint of each step.
 */
final class WinogradFunction extends ConvolutionFunction {

    private static final int TAPS = 3;

    /** With fewer channels the transforms take the time that the products save. */
    private static final int LEAST_CHANNELS = 128;

    /**
     * With fewer squares the transformed weights, four times as large, are not worth their memory.
     */
    private static final int LEAST_SQUARES = 64;

    private final SquareGrid grid;

    /**
     * What code is made for.
     *
     * @param squares of a strip
     * @param inputs channels of the map that comes in
     * @param outputs channels of the map that goes out
     */
    private record Products(int squares, int inputs, int outputs) {}

    WinogradFunction(Tape tape, ConvolutionShape shape, NDArray weights, NDArray bias) {
        super(tape, shape, weights, bias);
        grid =
                SquareGrid.of(
                        shape.height(), shape.width(), Math.max(shape.inputs(), shape.outputs()));
    }

    private Kernels kernels() {
        return OneDnn.code(
                new Products(grid.stripSquares(), shape.inputs(), shape.outputs()), Kernels::new);
    }

    /** {@return whether a convolution is faster this way} */
    static boolean suits(ConvolutionShape shape) {
        return shape.kernel() == TAPS
                && shape.stride() == 1
                && shape.padding() == 1
                && shape.dilation() == 1
                && shape.groups() == 1
                && shape.precision() == Precision.FLOAT32
                && Math.min(shape.inputs(), shape.outputs()) >= LEAST_CHANNELS
                && SquareGrid.squares(shape.height(), shape.width()) >= LEAST_SQUARES;
    }

    /** The code for the products of matrices. */
    private static final class Kernels extends NativeCode {
        private final Products task;

        /** How the transformed map that comes in lies: [36, squares, inputs]. */
        final memory.desc inputs;

        /** How the transformed map that goes out lies: [36, squares, outputs]. */
        final memory.desc outputs;

        /** How the transformed weights lie: [36, inputs, outputs]. */
        final memory.desc weights;

        /** How weights lie from which these are made: [3, 3, inputs, outputs]. */
        final memory.desc taps;

        /** The layout in which the engine has the weights. */
        final memory.desc plainWeights;

        final Kernel forward;
        private final Kernel packing;
        private final Kernel copying;
        private final Kernel adding;
        private Kernel ofInput;
        private Kernel ofWeights;

        Kernels(Products task) {
            this.task = task;
            inputs = keep(matrices(task.squares, task.inputs, false));
            outputs = keep(matrices(task.squares, task.outputs, false));
            weights = keep(matrices(task.inputs, task.outputs, false));
            long[] sides = {task.outputs, task.inputs, TAPS, TAPS};
            taps = keep(new memory.desc(sides, memory.data_type.f32, memory.format_tag.hwio));
            plainWeights =
                    keep(new memory.desc(sides, memory.data_type.f32, memory.format_tag.oihw));
            forward = product(inputs, weights, outputs, OneDnn.newAttributes());
            packing = keep(Workspace.copying(plainWeights, taps));
            copying = keep(Workspace.copying(taps, plainWeights));
            adding = keep(Workspace.adding(taps, plainWeights));
        }

        /** Makes the code for the gradients, at the first call. */
        synchronized void prepareGradients() {
            if (ofInput == null) {
                ofInput = OneDnn.make(this::productOfInput);
                ofWeights = OneDnn.make(this::productOfWeights);
            }
        }

        private Kernel productOfInput() {
            return product(
                    outputs,
                    matrices(task.outputs, task.inputs, true),
                    inputs,
                    OneDnn.newAttributes());
        }

        /** It adds to the gradient that is there. */
        private Kernel productOfWeights() {
            return product(
                    matrices(task.inputs, task.squares, true),
                    outputs,
                    weights,
                    OneDnn.addingAttributes());
        }

        private Kernel product(
                memory.desc a, memory.desc b, memory.desc result, primitive_attr attributes) {
            var plan = new matmul.primitive_desc(OneDnn.cpu(), a, b, result, attributes, false);
            return keep(new Kernel(plan, new matmul(plan)));
        }

        private static memory.desc matrices(int rows, int columns, boolean columnsFirst) {
            return new memory.desc(
                    new long[] {SquareGrid.PRODUCTS, rows, columns},
                    memory.data_type.f32,
                    columnsFirst ? memory.format_tag.acb : memory.format_tag.abc);
        }
    }

    @Override
    MapMemory forward(MapMemory input) {
        Kernels kernels = kernels();
        memory transformed = transformedWeights(kernels);
        MapMemory output =
                new MapMemory(tape.workspace(), shape.output().times(input.shape.images()));
        float[] offsets = offsets();
        try (memory read = tape.workspace().memory(kernels.inputs);
                memory written = tape.workspace().memory(kernels.outputs)) {
            for (int n = 0; n < input.shape.images(); n++) {
                MapSquares inputs = inputs(input.image(n), read);
                MapSquares outputs = outputs(output.image(n), written);
                for (int strip = 0; strip < grid.strips(); strip++) {
                    inputs.fill(strip);
                    multiply(kernels.forward, read, transformed, written);
                    outputs.add(strip, offsets);
                }
            }
        }
        return output;
    }

    /** Returns the biases of a row of the map that goes out. */
    private float[] offsets() {
        float[] offsets = new float[shape.width() * shape.outputs()];
        if (bias != null) {
            float[] values = EngineBridge.of(bias).copy(bias);
            for (int at = 0; at < offsets.length; at += values.length) {
                System.arraycopy(values, 0, offsets, at, values.length);
            }
        }
        return offsets;
    }

    @Override
    void backward(MapMemory input, MapMemory outputGradient) {
        Kernels kernels = kernels();
        kernels.prepareGradients();
        MapMemory inputGradient =
                input.wantsGradient ? new MapMemory(tape.workspace(), input.shape) : null;
        try (memory read = tape.workspace().memory(kernels.inputs);
                memory written = tape.workspace().memory(kernels.outputs)) {
            for (int n = 0; n < input.shape.images(); n++) {
                if (inputGradient != null) {
                    Workspace.clear(inputGradient.image(n));
                }
                backward(
                        kernels,
                        input.image(n),
                        read,
                        outputGradient.image(n),
                        written,
                        inputGradient == null ? null : inputGradient.image(n));
            }
        }
        if (inputGradient != null) {
            tape.addGradient(input, inputGradient);
        }
    }

    /**
     * Goes back through one image.
     *
     * @param read for the squares of the input, then for those of its gradient
     * @param written for the squares of the output's gradient
     * @param inputGradient zeros, which are added to; null if it is not wanted
     */
    private void backward(
            Kernels kernels,
            memory input,
            memory read,
            memory outputGradient,
            memory written,
            memory inputGradient) {
        boolean trainsBias = bias != null && tape.trains(bias);
        double[] biasGradient = new double[shape.outputs()];
        MapSquares outputs = outputs(outputGradient, written);
        MapSquares inputs = inputs(input, read);
        MapSquares inputGradients = inputGradient == null ? null : inputs(inputGradient, read);
        memory transformed = inputGradient == null ? null : transformedWeights(kernels);
        try (memory weightsGradient =
                tape.trains(weights) ? tape.workspace().memory(kernels.weights) : null) {
            if (weightsGradient != null) {
                Workspace.clear(weightsGradient);
            }
            for (int strip = 0; strip < grid.strips(); strip++) {
                outputs.fill(strip);
                if (trainsBias) {
                    outputs.addSums(biasGradient);
                }
                if (weightsGradient != null) {
                    inputs.fill(strip);
                    multiply(kernels.ofWeights, read, written, weightsGradient);
                }
                if (inputGradients != null) {
                    multiply(kernels.ofInput, written, transformed, read);
                    inputGradients.add(strip, null);
                }
            }
            if (weightsGradient != null) {
                addWeightsGradient(kernels, weightsGradient);
            }
        }
        if (trainsBias) {
            tape.gradients().add(bias, biasGradient);
        }
    }

    private void multiply(Kernel kernel, memory a, memory b, memory result) {
        kernel.with(DNNL_ARG_SRC, a)
                .with(DNNL_ARG_WEIGHTS, b)
                .with(DNNL_ARG_DST, result)
                .run(tape.workspace());
    }

    private MapSquares inputs(memory map, memory squares) {
        return new MapSquares(
                grid, MapSquares.Role.INPUT, floats(map), floats(squares), shape.inputs());
    }

    private MapSquares outputs(memory map, memory squares) {
        return new MapSquares(
                grid, MapSquares.Role.OUTPUT, floats(map), floats(squares), shape.outputs());
    }

    private static FloatBuffer floats(memory values) {
        try (memory.desc layout = values.get_desc()) {
            return new FloatPointer(values.get_data_handle())
                    .capacity(layout.get_size() / Float.BYTES)
                    .asBuffer();
        }
    }

    private memory transformedWeights(Kernels kernels) {
        return tape.packed(
                weights,
                kernels.plainWeights,
                kernels.weights,
                (plain, packed) -> {
                    try (memory taps = tape.workspace().memory(kernels.taps)) {
                        tape.workspace().run(kernels.packing, plain, taps);
                        WeightSquares.transform(
                                floats(taps), floats(packed), shape.inputs(), shape.outputs());
                    }
                });
    }

    private void addWeightsGradient(Kernels kernels, memory transformed) {
        memory taps = tape.workspace().memory(kernels.taps);
        WeightSquares.gradient(floats(transformed), floats(taps), shape.inputs(), shape.outputs());
        tape.weightGradients()
                .add(
                        tape.workspace(),
                        weights,
                        kernels.taps,
                        taps,
                        kernels.plainWeights,
                        this::unpack);
    }

    private void unpack(memory taps, memory gradient, boolean adds) {
        Kernels kernels = kernels();
        tape.workspace().run(adds ? kernels.adding : kernels.copying, taps, gradient);
    }
}
