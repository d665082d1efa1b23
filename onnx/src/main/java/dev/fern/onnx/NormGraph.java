package dev.fern.onnx;

import dev.fern.backbone.norm.BatchRenormalization;
import dev.fern.backbone.norm.FilterResponseNormalization;
import dev.fern.backbone.norm.FrozenBatchNormalization;
import dev.fern.backbone.norm.GroupNormalization;
import dev.fern.backbone.norm.Normalization;
import java.util.Arrays;
import java.util.Optional;

/** Lays the operators of a normaliser, of the addition after it, and of its activation. */
final class NormGraph {

    /** FRN's constant epsilon. */
    private static final double FRN_EPSILON = 1e-6;

    private static final double EPSILON = 1e-5;

    private final OnnxGraph graph;
    private final GraphParameters parameters;

    NormGraph(OnnxGraph graph, GraphParameters parameters) {
        this.graph = graph;
        this.parameters = parameters;
    }

    /**
     * Normalises a map.
     *
     * @param name of the norm among the parameters
     * @param x [N, C, H, W]
     * @return the normalised map, not activated
     */
    String norm(Normalization norm, String name, String x) {
        if (norm instanceof FilterResponseNormalization frn) {
            return filterResponse(frn, name, x);
        }
        if (norm instanceof GroupNormalization group) {
            return group(group, name, x);
        }
        return running(norm, name, x);
    }

    /**
     * Normalises a map, adds a shortcut to it, and activates the sum.
     *
     * @param shortcut of the shape of x; empty for none
     */
    String normActivation(Normalization norm, String name, String x, Optional<String> shortcut) {
        boolean isFrn = norm instanceof FilterResponseNormalization;
        String y = norm(norm, isFrn ? name : name + ".norm", x);
        String sum = shortcut.map(s -> graph.node("Add", y, s)).orElse(y);
        return switch (norm.activation()) {
            case NONE -> sum;
            case RELU -> graph.node("Relu", sum);
            case TLU -> graph.node("Max", sum, parameters.perChannel(name + ".tau"));
        };
    }

    /**
     * y = gamma * x / sqrt(nu2 + eps) + beta, with nu2 the mean of squares over a map. The map is
     * read once and summed by rows, then the rows: ONNX Runtime adds one number after the other in
     * float32, which over a large map at once costs three digits. What follows works on one number
     * per channel until x is multiplied.
     */
    private String filterResponse(FilterResponseNormalization frn, String name, String x) {
        String rows = graph.node("ReduceSumSquare", a -> a.numbers("axes", 3), x);
        String row = graph.node("ReduceMean", a -> a.numbers("axes", 2), rows);
        String mean = graph.node("Div", row, widthOf(x));
        String epsilon =
                frn.learnedEpsilon()
                        ? parameters.perChannel(
                                name + ".eps", e -> (float) (Math.abs(e) + FRN_EPSILON))
                        : graph.scalar(FRN_EPSILON);
        String root = graph.node("Sqrt", graph.node("Add", mean, epsilon));
        String scale = graph.node("Div", parameters.perChannel(name + ".gamma"), root);
        return graph.node(
                "Add", graph.node("Mul", x, scale), parameters.perChannel(name + ".beta"));
    }

    /** Returns the width of a map, as a float. */
    private String widthOf(String x) {
        String width = graph.node("Shape", a -> a.number("start", 3).number("end", 4), x);
        return graph.node("Cast", a -> a.number("to", GraphParameters.FLOAT), width);
    }

    /** Standardises each group of channels; InstanceNormalization takes a group for a channel. */
    private String group(GroupNormalization norm, String name, String x) {
        int channels = parameters.length(name + ".gamma");
        int groups = norm.groups() == GroupNormalization.ONE_PER_CHANNEL ? channels : norm.groups();
        float[] ones = new float[groups];
        Arrays.fill(ones, 1);
        String grouped = graph.node("Reshape", x, graph.integers(0, groups, -1));
        String standard =
                graph.node(
                        "InstanceNormalization",
                        a -> a.real("epsilon", EPSILON),
                        grouped,
                        graph.floats(ones, groups),
                        graph.floats(new float[groups], groups));
        String map = graph.node("Reshape", standard, graph.node("Shape", x));
        return graph.node(
                "Add",
                graph.node("Mul", map, parameters.perChannel(name + ".gamma")),
                parameters.perChannel(name + ".beta"));
    }

    /** Normalises by moments that were stored in training. */
    private String running(Normalization norm, String name, String x) {
        boolean renorm = norm instanceof BatchRenormalization;
        boolean exact = norm instanceof FrozenBatchNormalization frozen && frozen.epsilon() == 0;
        String variance =
                renorm
                        ? parameters.changed(name + ".runningDeviation", d -> d * d)
                        : parameters.of(name + ".runningVar");
        return graph.node(
                "BatchNormalization",
                a -> a.real("epsilon", renorm || exact ? 0 : EPSILON),
                x,
                parameters.of(name + ".gamma"),
                parameters.of(name + ".beta"),
                parameters.of(name + ".runningMean"),
                variance);
    }
}
