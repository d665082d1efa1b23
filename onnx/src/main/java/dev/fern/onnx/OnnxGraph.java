package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A graph of ONNX operators that grows. Values are known by their names. */
final class OnnxGraph {

    /** A side of a tensor: a number, or the name of one that is not known before the graph runs. */
    record Side(long length, String name) {

        static Side of(long length) {
            return new Side(length, "");
        }

        static Side named(String name) {
            return new Side(-1, name);
        }
    }

    /** Values that are not a node's inputs. */
    static final class Attributes {

        private final NodeProto.Builder node;

        private Attributes(NodeProto.Builder node) {
            this.node = node;
        }

        private AttributeProto.Builder add(String name, AttributeProto.AttributeType type) {
            return node.addAttributeBuilder().setName(name).setType(type);
        }

        Attributes number(String name, long value) {
            add(name, AttributeProto.AttributeType.INT).setI(value);
            return this;
        }

        Attributes numbers(String name, long... values) {
            AttributeProto.Builder attribute = add(name, AttributeProto.AttributeType.INTS);
            Arrays.stream(values).forEach(attribute::addInts);
            return this;
        }

        Attributes real(String name, double value) {
            add(name, AttributeProto.AttributeType.FLOAT).setF((float) value);
            return this;
        }

        Attributes text(String name, String value) {
            add(name, AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value));
            return this;
        }
    }

    /** Sets the attributes of a node. */
    @FunctionalInterface
    interface Setting {
        void of(Attributes attributes);
    }

    private final GraphProto.Builder graph;

    /** The constants that were added, by their content. */
    private final Map<List<Object>, String> constants = new HashMap<>();

    private int values;

    OnnxGraph(String name) {
        graph = GraphProto.newBuilder().setName(name);
    }

    /** {@return the graph as it is} */
    GraphProto build() {
        return graph.build();
    }

    /** Replaces all that was laid by a graph whose inputs and results have the same names. */
    void rewrite(UnaryOperator<GraphProto> change) {
        GraphProto changed = change.apply(graph.build());
        graph.clear().mergeFrom(changed);
        constants.clear();
    }

    /** Declares an input of floats. */
    String input(String name, Side... shape) {
        graph.addInput(declaration(name, TensorProto.DataType.FLOAT, shape));
        return name;
    }

    /** Declares a value as an output, under another name. */
    void output(String name, TensorProto.DataType type, String value, Side... shape) {
        graph.addNodeBuilder().setOpType("Identity").setName(name).addInput(value).addOutput(name);
        graph.addOutput(declaration(name, type, shape));
    }

    private static ValueInfoProto declaration(
            String name, TensorProto.DataType type, Side... shape) {
        TensorShapeProto.Builder sides = TensorShapeProto.newBuilder();
        for (Side side : shape) {
            if (side.name().isEmpty()) {
                sides.addDimBuilder().setDimValue(side.length());
            } else {
                sides.addDimBuilder().setDimParam(side.name());
            }
        }
        TypeProto.Tensor tensor =
                TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(sides).build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** Adds an operator without attributes and returns its output. */
    String node(String operator, String... inputs) {
        return node(operator, attributes -> {}, inputs);
    }

    /** Adds an operator of one output and returns it. */
    String node(String operator, Setting setting, String... inputs) {
        return nodes(operator, 1, setting, inputs).get(0);
    }

    /** Adds an operator and returns its outputs. */
    List<String> nodes(String operator, int outputs, Setting setting, String... inputs) {
        NodeProto.Builder node = graph.addNodeBuilder().setOpType(operator);
        node.addAllInput(Arrays.asList(inputs));
        for (int i = 0; i < outputs; i++) {
            node.addOutput(operator + "_" + values++);
        }
        node.setName(node.getOutput(0));
        setting.of(new Attributes(node));
        return List.copyOf(node.getOutputList());
    }

    /** Adds a tensor of floats under its own name. */
    String parameter(String name, float[] data, long... shape) {
        graph.addInitializer(GraphTensors.of(name, data, shape));
        return name;
    }

    /** Returns a constant of floats. */
    String floats(float[] data, long... shape) {
        List<Object> key = List.of(ByteBuffer.wrap(bytesOf(data)), LongList.of(shape));
        return constants.computeIfAbsent(key, k -> parameter("constant_" + values++, data, shape));
    }

    /** Returns a constant number without a shape. */
    String scalar(double value) {
        return floats(new float[] {(float) value});
    }

    /** Returns a constant list of integers. */
    String integers(long... data) {
        return integers(data, data.length);
    }

    /** Returns a constant integer without a shape. */
    String integer(long value) {
        return integers(new long[] {value}, new long[0]);
    }

    private String integers(long[] data, long... shape) {
        return constants.computeIfAbsent(
                List.of(LongList.of(data), LongList.of(shape)),
                key -> {
                    String name = "constant_" + values++;
                    graph.addInitializer(GraphTensors.of(name, data, shape));
                    return name;
                });
    }

    private static byte[] bytesOf(float[] data) {
        ByteBuffer bytes = ByteBuffer.allocate(data.length * Float.BYTES);
        bytes.asFloatBuffer().put(data);
        return bytes.array();
    }

    /** Integers that are compared by value. */
    private record LongList(List<Long> values) {
        static LongList of(long... values) {
            return new LongList(Arrays.stream(values).boxed().toList());
        }
    }
}
