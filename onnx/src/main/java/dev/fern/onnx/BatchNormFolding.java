package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds every {@code BatchNormalization} that alone takes the output of a convolution into that
 * convolution: w' = w * gamma / sqrt(var + eps), b' = beta + (b - mean) * gamma / sqrt(var + eps).
 * Others stay, such as those in front of a convolution in a ResNet V2.
 */
final class BatchNormFolding {

    private final GraphTensors tensors;
    private final GraphProto.Builder folded;

    private BatchNormFolding(GraphProto graph) {
        tensors = new GraphTensors(graph);
        folded = graph.toBuilder().clearNode().clearInitializer();
    }

    /** Returns the graph without the normalisers that can be folded. */
    static GraphProto of(GraphProto graph) {
        return new BatchNormFolding(graph).fold(graph);
    }

    private GraphProto fold(GraphProto graph) {
        Map<String, List<NodeProto>> consumers = QuantizationPlan.consumers(graph);
        Map<String, NodeProto> norms = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            List<NodeProto> after = consumers.getOrDefault(node.getOutput(0), List.of());
            if (node.getOpType().equals("Conv")
                    && after.size() == 1
                    && after.get(0).getOpType().equals("BatchNormalization")) {
                norms.put(node.getName(), after.get(0));
            }
        }
        for (NodeProto node : graph.getNodeList()) {
            NodeProto norm = norms.get(node.getName());
            if (norm != null) {
                folded.addNode(joined(node, norm));
            } else if (!norms.containsValue(node)) {
                folded.addNode(node);
            }
        }
        return tensors.withUsed(folded);
    }

    /** Joins a convolution and its normaliser; maps that share the two share the parameters. */
    private NodeProto joined(NodeProto convolution, NodeProto norm) {
        String weight = convolution.getInput(1) + ".folded";
        String bias = norm.getInput(2) + ".folded";
        float[] scale = scale(norm);
        if (!tensors.has(weight)) {
            tensors.add(
                    GraphTensors.of(
                            weight,
                            scaled(tensors.floats(convolution.getInput(1)), scale),
                            tensors.shape(convolution.getInput(1))));
            float[] beta = tensors.floats(norm.getInput(2)).clone();
            float[] mean = tensors.floats(norm.getInput(3));
            for (int c = 0; c < beta.length; c++) {
                float own =
                        convolution.getInputCount() > 2
                                ? tensors.floats(convolution.getInput(2))[c]
                                : 0;
                beta[c] += (own - mean[c]) * scale[c];
            }
            tensors.add(GraphTensors.of(bias, beta, beta.length));
        }
        return convolution.toBuilder()
                .clearInput()
                .addInput(convolution.getInput(0))
                .addInput(weight)
                .addInput(bias)
                .setOutput(0, norm.getOutput(0))
                .build();
    }

    private float[] scale(NodeProto norm) {
        float epsilon =
                norm.getAttributeList().stream()
                        .filter(attribute -> attribute.getName().equals("epsilon"))
                        .map(AttributeProto::getF)
                        .findFirst()
                        .orElseThrow();
        float[] gamma = tensors.floats(norm.getInput(1));
        float[] variance = tensors.floats(norm.getInput(4));
        float[] scale = new float[gamma.length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = (float) (gamma[c] / Math.sqrt((double) variance[c] + epsilon));
        }
        return scale;
    }

    /** Multiplies the filters [O, ...], each by its own factor. */
    private static float[] scaled(float[] weights, float[] factors) {
        float[] product = new float[weights.length];
        int filter = weights.length / factors.length;
        for (int i = 0; i < product.length; i++) {
            product[i] = weights[i] * factors[i / filter];
        }
        return product;
    }
}
