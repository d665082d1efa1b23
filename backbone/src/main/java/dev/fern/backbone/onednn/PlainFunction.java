package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/** A host function on a tape's maps: it works on float32 copies, [N, C, H, W], of their values. */
final class PlainFunction {

    private final Tape tape;
    private final HostFunction function;
    private final List<NDArray> inputs;

    private PlainFunction(Tape tape, HostFunction function, List<NDArray> inputs) {
        this.tape = tape;
        this.function = function;
        this.inputs = inputs;
    }

    static NDArray apply(Tape tape, HostFunction function, NDArray... inputs) {
        return new PlainFunction(tape, function, Arrays.asList(inputs)).forward();
    }

    /** Buffers of the inputs' values, of which those of maps are freed again. */
    private final class Values implements AutoCloseable {
        final List<FloatBuffer> buffers = new ArrayList<>();
        private final List<FloatPointer> copies = new ArrayList<>();

        FloatBuffer room(long size) {
            FloatPointer copy = new FloatPointer(size);
            copies.add(copy);
            return copy.asBuffer();
        }

        FloatBuffer copy(MapMemory map) {
            FloatBuffer values = room(map.shape.shape().size());
            map.read(tape.workspace(), values);
            return values;
        }

        @Override
        public void close() {
            copies.forEach(FloatPointer::close);
        }
    }

    /** {@return the memory of an input's map; null for an array of the engine} */
    private static MapMemory map(NDArray input) {
        return input instanceof MapArray map ? map.memory() : null;
    }

    private Values values(List<MapMemory> maps) {
        Values values = new Values();
        for (int i = 0; i < inputs.size(); i++) {
            NDArray input = inputs.get(i);
            values.buffers.add(
                    maps.get(i) == null
                            ? EngineBridge.of(input).floats(input)
                            : values.copy(maps.get(i)));
        }
        return values;
    }

    private NDArray forward() {
        List<MapMemory> maps = new ArrayList<>();
        inputs.forEach(input -> maps.add(map(input)));
        Shape shape = function.outputShape(inputs.stream().map(NDArray::getShape).toList());
        MapMemory output = new MapMemory(tape.workspace(), MapShape.of(shape, tape.precision()));
        try (Values values = values(maps)) {
            FloatBuffer result = values.room(shape.size());
            function.forward(values.buffers, result);
            output.fill(tape.workspace(), result);
        }
        return tape.record(
                output,
                maps.stream().filter(map -> map != null).toList(),
                inputs.stream().filter(input -> map(input) == null).toList(),
                gradient -> backward(maps, output, gradient));
    }

    private void backward(List<MapMemory> maps, MapMemory output, MapMemory outputGradient) {
        try (Values values = values(maps);
                Values gradients = new Values()) {
            for (FloatBuffer input : values.buffers) {
                gradients.buffers.add(gradients.room(input.capacity()));
            }
            function.backward(
                    values.buffers,
                    values.copy(output),
                    values.copy(outputGradient),
                    gradients.buffers);
            for (int i = 0; i < inputs.size(); i++) {
                FloatBuffer gradient = gradients.buffers.get(i);
                if (maps.get(i) == null) {
                    double[] terms = new double[gradient.capacity()];
                    Arrays.setAll(terms, gradient::get);
                    tape.gradients().add(inputs.get(i), terms);
                } else {
                    MapMemory terms = new MapMemory(tape.workspace(), maps.get(i).shape);
                    terms.fill(tape.workspace(), gradient);
                    tape.addGradient(maps.get(i), terms);
                }
            }
        }
    }
}
