package dev.fern.backbone;

import static dev.fern.backbone.Closeness.widen;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.ParameterGradients;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A block's outputs for given inputs, and the gradients of sum(outputs * output gradients),
 * computed on the engine and copied out of it.
 *
 * @param parameterGradients those of the trained parameters, by the names of {@link
 *     NamedParameters}
 */
public record BlockPass(
        List<Tensor> outputs,
        List<float[]> inputGradients,
        Map<String, float[]> parameterGradients) {

    /** A way to run a block's forward pass in training. */
    @FunctionalInterface
    public interface Forward {
        NDList run(ParameterStore parameters, NDList inputs);
    }

    /** Initialises a block for the shapes of the inputs and sets the named parameters. */
    public static void prepare(
            NDManager manager, Block block, List<Tensor> inputs, Map<String, float[]> values) {
        block.initialize(
                manager,
                DataType.FLOAT32,
                inputs.stream().map(input -> new Shape(input.shape())).toArray(Shape[]::new));
        Map<String, Parameter> parameters = NamedParameters.of(block);
        values.forEach((name, value) -> parameters.get(name).getArray().set(value));
    }

    /** Runs the forward pass in inference mode, without recording. */
    public static List<Tensor> infer(NDManager manager, Block block, List<Tensor> inputs) {
        try (NDManager scope = manager.newSubManager()) {
            NDList outputs =
                    block.forward(
                            new ParameterStore(scope, false), arrays(scope, inputs, false), false);
            return outputs.stream().map(BlockPass::copy).toList();
        }
    }

    /** Runs a prepared block forward and backward. */
    public static BlockPass of(
            NDManager manager, Block block, List<Tensor> inputs, List<float[]> outputGradients) {
        return of(
                manager,
                block,
                (parameters, list) -> block.forward(parameters, list, true),
                inputs,
                outputGradients);
    }

    /** Runs a prepared block forward in a given way, and backward. */
    public static BlockPass of(
            NDManager manager,
            Block block,
            Forward forward,
            List<Tensor> inputs,
            List<float[]> outputGradients) {
        try (NDManager scope = manager.newSubManager()) {
            NDList arrays = arrays(scope, inputs, true);
            List<Tensor> outputs = new ArrayList<>();
            try (GradientCollector collector = EngineBridge.of(scope).newGradientCollector(scope)) {
                NDList results = forward.run(new ParameterStore(scope, false), arrays);
                NDArray sum = null;
                for (int i = 0; i < results.size(); i++) {
                    NDArray result = results.get(i);
                    outputs.add(copy(result));
                    NDArray term =
                            result.mul(scope.create(outputGradients.get(i), result.getShape()))
                                    .sum();
                    sum = sum == null ? term : sum.add(term);
                }
                collector.backward(sum);
            }
            Map<String, float[]> parameterGradients = new LinkedHashMap<>();
            NamedParameters.of(block)
                    .forEach(
                            (name, parameter) -> {
                                if (parameter.requiresGradient()) {
                                    parameterGradients.put(
                                            name,
                                            parameter.getArray().getGradient().toFloatArray());
                                    EngineBridge.of(parameter.getArray())
                                            .clearGradient(parameter.getArray());
                                }
                            });
            return new BlockPass(
                    outputs,
                    arrays.stream().map(array -> array.getGradient().toFloatArray()).toList(),
                    parameterGradients);
        }
    }

    /**
     * Runs a prepared block forward in training, and backward, on a tape.
     *
     * @param inputs [N, C, H, W] each
     * @param outputGradients [N, C, H, W] each
     */
    public static BlockPass onTape(
            NDManager manager,
            Block block,
            List<Tensor> inputs,
            List<float[]> outputGradients,
            Precision precision) {
        return onTape(
                manager,
                block,
                (parameters, list) -> block.forward(parameters, list, true),
                inputs,
                outputGradients,
                precision);
    }

    /** Runs a prepared block forward in a given way, and backward, on a tape. */
    public static BlockPass onTape(
            NDManager manager,
            Block block,
            Forward forward,
            List<Tensor> inputs,
            List<float[]> outputGradients,
            Precision precision) {
        ParameterStore store = new ParameterStore(manager, false);
        Map<String, Parameter> trained = new LinkedHashMap<>(NamedParameters.of(block));
        trained.values().removeIf(parameter -> !parameter.requiresGradient());
        EngineBridge engine = EngineBridge.of(manager);
        engine.recordNothing();
        ParameterGradients gradients =
                new ParameterGradients(
                        trained.values().stream()
                                .map(each -> store.getValue(each, manager.getDevice(), true))
                                .toList());
        try (PackedWeights weights = new PackedWeights();
                Tape tape = Tape.recording(manager, precision, weights, gradients)) {
            NDList maps = new NDList();
            for (Tensor input : inputs) {
                FloatBuffer values =
                        ByteBuffer.allocateDirect(Float.BYTES * input.data().length)
                                .order(ByteOrder.nativeOrder())
                                .asFloatBuffer();
                values.put(0, input.data());
                maps.add(tape.enterWanted(values, new Shape(input.shape())));
            }
            NDList results = forward.run(store, maps);
            List<float[]> channelsLast = new ArrayList<>();
            List<Tensor> outputs = new ArrayList<>();
            for (int i = 0; i < results.size(); i++) {
                NDArray result = results.get(i);
                outputs.add(
                        new Tensor(
                                result.getShape().getShape(),
                                EngineBridge.of(result).copy(result)));
                channelsLast.add(channelsLast(outputGradients.get(i), result.getShape()));
            }
            tape.backward(results, channelsLast);
            gradients.finish();
            Map<String, float[]> parameterGradients = new LinkedHashMap<>();
            trained.forEach(
                    (name, parameter) ->
                            parameterGradients.put(
                                    name, parameter.getArray().getGradient().toFloatArray()));
            return new BlockPass(
                    outputs, maps.stream().map(tape::gradientOf).toList(), parameterGradients);
        }
    }

    private static float[] channelsLast(float[] values, Shape shape) {
        int channels = Math.toIntExact(shape.get(1));
        int places = Math.toIntExact(shape.slice(2).size());
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int image = i / (channels * places);
            int channel = i / places % channels;
            result[(image * places + i % places) * channels + channel] = values[i];
        }
        return result;
    }

    /**
     * Compares the first output and all gradients with those of another way to compute them.
     *
     * @param tolerance see {@link Closeness}
     * @param minimum the least scale that an element of a gradient counts as
     */
    public void assertClose(BlockPass expected, double tolerance, double minimum) {
        // a sum of terms of about 1, which may cancel, and mostly 0 after ReLU
        Closeness.assertClose(
                "z", outputs.get(0).data(), widen(expected.outputs.get(0).data()), tolerance, 0.1);
        for (int i = 0; i < inputGradients.size(); i++) {
            Closeness.assertClose(
                    "gradient of input " + i,
                    inputGradients.get(i),
                    widen(expected.inputGradients.get(i)),
                    tolerance,
                    minimum);
        }
        parameterGradients.forEach(
                (name, gradient) ->
                        Closeness.assertClose(
                                "gradient of " + name,
                                gradient,
                                widen(expected.parameterGradients.get(name)),
                                tolerance,
                                minimum));
    }

    private static NDList arrays(NDManager manager, List<Tensor> tensors, boolean gradients) {
        NDList arrays = new NDList(tensors.size());
        for (Tensor tensor : tensors) {
            NDArray array = manager.create(tensor.data(), new Shape(tensor.shape()));
            array.setRequiresGradient(gradients);
            arrays.add(array);
        }
        return arrays;
    }

    private static Tensor copy(NDArray array) {
        return new Tensor(array.getShape().getShape(), array.toFloatArray());
    }
}
