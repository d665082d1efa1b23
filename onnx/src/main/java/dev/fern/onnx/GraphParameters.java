package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.fern.backbone.parameter.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** A network's parameters, of which those that are asked for become tensors of a graph. */
final class GraphParameters {

    /** ONNX's number of the type float. */
    static final int FLOAT = TensorProto.DataType.FLOAT.getNumber();

    private final OnnxGraph graph;
    private final Map<String, Tensor> parameters;
    private final Map<String, String> added = new HashMap<>();

    GraphParameters(OnnxGraph graph, Map<String, Tensor> parameters) {
        this.graph = graph;
        this.parameters = parameters;
    }

    private Tensor tensor(String name) {
        Tensor tensor = parameters.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the network has no parameter " + name);
        }
        return tensor;
    }

    boolean has(String name) {
        return parameters.containsKey(name);
    }

    int length(String name) {
        return tensor(name).data().length;
    }

    /** Returns the side of a convolution's kernel. */
    int kernel(String name) {
        return Math.toIntExact(tensor(name).shape()[2]);
    }

    /** Returns a parameter in its own shape. */
    String of(String name) {
        Tensor tensor = tensor(name);
        return added.computeIfAbsent(name, n -> graph.parameter(n, tensor.data(), tensor.shape()));
    }

    /** Returns a parameter of one number per channel as [1, C, 1, 1]. */
    String perChannel(String name) {
        Tensor tensor = tensor(name);
        return added.computeIfAbsent(
                name, n -> graph.parameter(n, tensor.data(), 1, tensor.data().length, 1, 1));
    }

    /** Returns a function of such a parameter as [1, C, 1, 1]. */
    String perChannel(String name, DoubleUnaryOperator function) {
        float[] data = apply(tensor(name).data(), function);
        return added.computeIfAbsent(name, n -> graph.parameter(n, data, 1, data.length, 1, 1));
    }

    /** Returns a function of a parameter in its own shape. */
    String changed(String name, DoubleUnaryOperator function) {
        Tensor tensor = tensor(name);
        return added.computeIfAbsent(
                name, n -> graph.parameter(n, apply(tensor.data(), function), tensor.shape()));
    }

    private static float[] apply(float[] data, DoubleUnaryOperator function) {
        float[] changed = new float[data.length];
        for (int i = 0; i < data.length; i++) {
            changed[i] = (float) function.applyAsDouble(data[i]);
        }
        return changed;
    }
}
