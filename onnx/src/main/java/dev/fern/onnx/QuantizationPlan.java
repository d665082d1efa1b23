package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which convolutions of a network work on integers, and which maps are therefore rounded to them:
 * what goes into these convolutions and comes out of them, and what additions, poolings and
 * enlargements make of such maps. The heads' last convolutions stay as they are.
 */
final class QuantizationPlan {

    private static final Set<String> KEPT =
            Set.of("classification.output.weight", "regression.output.weight");

    private final Map<String, List<NodeProto>> consumers;
    private final Set<String> convolutions = new HashSet<>();

    /** Each map with that one whose range it has: itself, if it is not made of another's values. */
    private final Map<String, String> maps = new LinkedHashMap<>();

    QuantizationPlan(GraphProto network) {
        consumers = consumers(network);
        for (NodeProto node : network.getNodeList()) {
            switch (node.getOpType()) {
                case "Conv" -> {
                    if (!KEPT.contains(node.getInput(1))) {
                        convolutions.add(node.getName());
                        maps.putIfAbsent(node.getInput(0), node.getInput(0));
                        addResult(node);
                    }
                }
                case "Add" -> {
                    if (maps.keySet().containsAll(node.getInputList())) {
                        addResult(node);
                    }
                }
                case "MaxPool", "Resize" -> {
                    String from = maps.get(node.getInput(0));
                    if (from != null) {
                        maps.put(node.getOutput(0), from);
                    }
                }
                default -> {}
            }
        }
    }

    /** Adds what a node makes, after its ReLU if it has one. */
    private void addResult(NodeProto node) {
        List<NodeProto> after = consumers.getOrDefault(node.getOutput(0), List.of());
        boolean activated = after.size() == 1 && after.get(0).getOpType().equals("Relu");
        String result = activated ? after.get(0).getOutput(0) : node.getOutput(0);
        maps.putIfAbsent(result, result);
    }

    /** Returns the nodes that take each value. */
    static Map<String, List<NodeProto>> consumers(GraphProto graph) {
        return graph.getNodeList().stream()
                .flatMap(node -> node.getInputList().stream().map(in -> Map.entry(in, node)))
                .collect(
                        Collectors.groupingBy(
                                Map.Entry::getKey,
                                Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    }

    boolean isQuantized(NodeProto node) {
        return convolutions.contains(node.getName());
    }

    /** {@return the maps, each with that one whose range it has} */
    Map<String, String> maps() {
        return maps;
    }

    /** {@return the maps whose ranges are to be known} */
    List<String> measured() {
        return maps.values().stream().distinct().toList();
    }
}
