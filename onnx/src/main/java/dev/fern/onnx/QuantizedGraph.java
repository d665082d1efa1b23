package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.fern.onnx.ActivationRanges.Range;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rounds a network's convolutions to integers, in the form that ONNX Runtime's and other programs'
 * integer kernels are found by: every rounded map passes {@code QuantizeLinear} and {@code
 * DequantizeLinear}, and weights and biases are stored as integers behind a {@code
 * DequantizeLinear}. Maps have 8 bits without sign, one scale and one zero point each; weights have
 * a scale per filter, symmetrically; biases have 32 bits in units of both scales' product.
 */
final class QuantizedGraph {

    /**
     * Seven bits of eight: two products of such a weight and a byte add up to less than 2^15, where
     * processors without VNNI clip them. So the model gives the same on all of them.
     */
    private static final int LARGEST_WEIGHT = 63;

    private static final int LARGEST_BYTE = 255;

    /** Of a bias in integers, so that the sum with what is convolved stays in 32 bits. */
    private static final double LARGEST_BIAS = 1 << 30;

    private final GraphProto network;
    private final QuantizationPlan plan;
    private final ActivationRanges ranges;
    private final GraphTensors tensors;
    private final GraphProto.Builder quantized;

    /** What a convolution takes instead of a map that is an input of the network. */
    private final Map<String, String> renamedInputs = new HashMap<>();

    private final Map<String, float[]> weightScales = new HashMap<>();

    private QuantizedGraph(GraphProto network, ActivationRanges ranges) {
        this.network = network;
        this.ranges = ranges;
        plan = new QuantizationPlan(network);
        tensors = new GraphTensors(network);
        quantized = network.toBuilder().clearNode().clearInitializer();
    }

    /**
     * Returns the network in integers; its outputs have the same names.
     *
     * @param network with folded normalisers
     * @param ranges of its maps
     */
    static GraphProto of(GraphProto network, ActivationRanges ranges) {
        return new QuantizedGraph(network, ranges).quantize();
    }

    private GraphProto quantize() {
        network.getInputList().stream()
                .map(input -> input.getName())
                .filter(plan.maps()::containsKey)
                .forEach(
                        name -> {
                            renamedInputs.put(name, name + ".rounded");
                            round(name, name, name + ".rounded");
                        });
        for (NodeProto node : network.getNodeList()) {
            NodeProto own = plan.isQuantized(node) ? convolution(node) : node;
            String output = own.getOutput(0);
            if (plan.maps().containsKey(output)) {
                quantized.addNode(own.toBuilder().setOutput(0, output + ".float"));
                round(output, output + ".float", output);
            } else {
                quantized.addNode(own);
            }
        }
        return tensors.withUsed(quantized);
    }

    private float scale(String map) {
        Range range = ranges.of(plan.maps().get(map));
        return (range.max() - range.min()) / LARGEST_BYTE;
    }

    /** Adds the nodes that round a map. */
    private void round(String map, String from, String to) {
        String scale = map + ".scale";
        String zero = map + ".zero";
        float step = scale(map);
        Range range = ranges.of(plan.maps().get(map));
        tensors.add(GraphTensors.of(scale, new float[] {step}));
        byte[] zeroPoint = {(byte) Math.round(-range.min() / step)};
        tensors.add(GraphTensors.of(zero, DataType.UINT8, zeroPoint));
        node("QuantizeLinear", map + ".uint8", from, scale, zero);
        node("DequantizeLinear", to, map + ".uint8", scale, zero);
    }

    private NodeProto.Builder node(String operator, String output, String... inputs) {
        return quantized
                .addNodeBuilder()
                .setOpType(operator)
                .setName(operator + "." + output)
                .addAllInput(List.of(inputs))
                .addOutput(output);
    }

    /** Returns a convolution that takes rounded weights and a rounded bias. */
    private NodeProto convolution(NodeProto node) {
        String map = node.getInput(0);
        List<String> inputs = new ArrayList<>();
        inputs.add(renamedInputs.getOrDefault(map, map));
        inputs.add(weight(node));
        if (node.getInputCount() > 2) {
            inputs.add(bias(node));
        }
        return node.toBuilder().clearInput().addAllInput(inputs).build();
    }

    private String weight(NodeProto node) {
        String name = node.getInput(1);
        String rounded = name + ".rounded";
        if (weightScales.containsKey(name)) {
            return rounded;
        }
        float[] weights = tensors.floats(name);
        long[] shape = tensors.shape(name);
        float[] scales = weightScales(name, weights, Math.toIntExact(shape[0]));
        weightScales.put(name, scales);
        byte[] integers = new byte[weights.length];
        int filter = weights.length / scales.length;
        for (int i = 0; i < weights.length; i++) {
            integers[i] = (byte) Math.round(weights[i] / scales[i / filter]);
        }
        int filters = scales.length;
        dequantize(
                GraphTensors.of(name + ".int8", DataType.INT8, integers, shape),
                GraphTensors.of(name + ".zero", DataType.INT8, new byte[filters], filters),
                scales,
                rounded);
        return rounded;
    }

    /** Returns the scale of each filter: that of its largest weight, or what its biases need. */
    private float[] weightScales(String name, float[] weights, int filters) {
        float[] scales = new float[filters];
        int filter = weights.length / filters;
        for (int i = 0; i < weights.length; i++) {
            scales[i / filter] =
                    Math.max(scales[i / filter], Math.abs(weights[i]) / LARGEST_WEIGHT);
        }
        for (NodeProto node : network.getNodeList()) {
            if (node.getInputCount() > 2 && node.getInput(1).equals(name)) {
                float[] bias = tensors.floats(node.getInput(2));
                for (int c = 0; c < filters; c++) {
                    scales[c] =
                            (float)
                                    Math.max(
                                            scales[c],
                                            Math.abs(bias[c])
                                                    / (LARGEST_BIAS * scale(node.getInput(0))));
                }
            }
        }
        for (int c = 0; c < filters; c++) {
            if (scales[c] == 0) {
                scales[c] = 1;
            }
        }
        return scales;
    }

    private String bias(NodeProto node) {
        float[] bias = tensors.floats(node.getInput(2));
        float[] scales = weightScales.get(node.getInput(1)).clone();
        int[] integers = new int[bias.length];
        for (int c = 0; c < bias.length; c++) {
            scales[c] *= scale(node.getInput(0));
            integers[c] = (int) Math.round((double) bias[c] / scales[c]);
        }
        String name = node.getName() + ".bias";
        dequantize(
                GraphTensors.of(name + ".int32", integers, integers.length),
                GraphTensors.of(name + ".zero", new int[integers.length], integers.length),
                scales,
                name);
        return name;
    }

    /** Adds the node that turns integers back into floats, by a scale per filter. */
    private void dequantize(TensorProto integers, TensorProto zero, float[] scales, String to) {
        String scale = to + ".scale";
        tensors.add(integers);
        tensors.add(zero);
        tensors.add(GraphTensors.of(scale, scales, scales.length));
        node("DequantizeLinear", to, integers.getName(), scale, zero.getName())
                .addAttributeBuilder()
                .setName("axis")
                .setType(AttributeProto.AttributeType.INT)
                .setI(0);
    }
}
