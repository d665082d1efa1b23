package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The tensors that are stored in a graph, while the graph is rewritten. */
final class GraphTensors {

    private final Map<String, TensorProto> tensors = new LinkedHashMap<>();

    GraphTensors(GraphProto graph) {
        graph.getInitializerList().forEach(tensor -> tensors.put(tensor.getName(), tensor));
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    long[] shape(String name) {
        return tensors.get(name).getDimsList().stream().mapToLong(Long::longValue).toArray();
    }

    float[] floats(String name) {
        ByteBuffer bytes = tensors.get(name).getRawData().asReadOnlyByteBuffer();
        float[] floats = new float[bytes.remaining() / Float.BYTES];
        bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    void add(TensorProto tensor) {
        tensors.put(tensor.getName(), tensor);
    }

    /** Returns a graph with those tensors that its nodes take. */
    GraphProto withUsed(GraphProto.Builder graph) {
        Set<String> used = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            used.addAll(node.getInputList());
        }
        tensors.forEach(
                (name, tensor) -> {
                    if (used.contains(name)) {
                        graph.addInitializer(tensor);
                    }
                });
        return graph.build();
    }

    static TensorProto of(String name, float[] data, long... shape) {
        ByteBuffer bytes = bytes(data.length, Float.BYTES);
        bytes.asFloatBuffer().put(data);
        return of(name, DataType.FLOAT, bytes, shape);
    }

    static TensorProto of(String name, int[] data, long... shape) {
        ByteBuffer bytes = bytes(data.length, Integer.BYTES);
        bytes.asIntBuffer().put(data);
        return of(name, DataType.INT32, bytes, shape);
    }

    static TensorProto of(String name, long[] data, long... shape) {
        ByteBuffer bytes = bytes(data.length, Long.BYTES);
        bytes.asLongBuffer().put(data);
        return of(name, DataType.INT64, bytes, shape);
    }

    /**
     * Makes a tensor of bytes.
     *
     * @param type INT8 or UINT8
     */
    static TensorProto of(String name, DataType type, byte[] data, long... shape) {
        return of(name, type, ByteBuffer.wrap(data), shape);
    }

    private static ByteBuffer bytes(int length, int size) {
        return ByteBuffer.allocate(Math.multiplyExact(length, size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static TensorProto of(String name, DataType type, ByteBuffer bytes, long... shape) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder()
                        .setName(name)
                        .setDataType(type.getNumber())
                        .setRawData(ByteString.copyFrom(bytes));
        Arrays.stream(shape).forEach(tensor::addDims);
        return tensor.build();
    }
}
