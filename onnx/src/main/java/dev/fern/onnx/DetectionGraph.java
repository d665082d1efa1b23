package dev.fern.onnx;

import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.BoxCoder;
import dev.fern.detection.model.PostProcessing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lays the operators that turn the heads' outputs into boxes and detections: the operations of
 * {@link dev.fern.detection.model.PostProcessor}. Boxes are x1, y1, x2, y2 in pixels of the canvas.
 */
final class DetectionGraph {

    private static final int FIRST_STRIDE = 8;

    private final OnnxGraph graph;
    private final AnchorParameters anchors;

    /** Those of a small canvas, of which each level's first place is looked at. */
    private final Anchors some;

    private final int categories;

    /** [N, 1, 4]: width, height, width, height of each image on its canvas. */
    private final String limits;

    /** The sides of the canvas, integers. */
    private final String height;

    private final String width;

    /**
     * Prepares the graph.
     *
     * @param images [N, 3, H, W]
     * @param sizes [N, 2]: width and height in pixels of each image on its canvas
     */
    DetectionGraph(
            OnnxGraph graph,
            AnchorParameters anchors,
            int categories,
            String images,
            String sizes) {
        this.graph = graph;
        this.anchors = anchors;
        some = new AnchorGenerator(anchors).generate(32, 32);
        this.categories = categories;
        limits =
                graph.node(
                        "Unsqueeze",
                        graph.node("Concat", a -> a.number("axis", 1), sizes, sizes),
                        graph.integers(1));
        String shape = graph.node("Shape", images);
        height = graph.node("Gather", shape, graph.integer(2));
        width = graph.node("Gather", shape, graph.integer(3));
    }

    /** Scores [N, M, K] and boxes [N, M, 4] of all anchors. */
    record Boxes(String scores, String boxes) {}

    Boxes boxes(NetworkGraph.Outputs outputs) {
        List<String> logits = new ArrayList<>();
        List<String> boxes = new ArrayList<>();
        for (int l = 0; l < outputs.logits().size(); l++) {
            logits.add(perAnchor(outputs.logits().get(l), categories));
            String codes = perAnchor(outputs.codes().get(l), 4);
            boxes.add(decoded(codes, anchors(l, outputs.logits().get(l))));
        }
        return new Boxes(graph.node("Sigmoid", joined(logits)), joined(boxes));
    }

    /** Boxes [N, D, 4], scores [N, D] and labels [N, D]. */
    record Detections(String boxes, String scores, String labels) {}

    Detections detections(NetworkGraph.Outputs outputs, PostProcessing parameters) {
        List<String> logits = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        List<String> boxes = new ArrayList<>();
        for (int l = 0; l < outputs.logits().size(); l++) {
            String map = outputs.logits().get(l);
            String flat = graph.node("Reshape", channelsLast(map), graph.integers(0, -1));
            List<String> best = best(flat, parameters.candidatesPerLevel());
            logits.add(best.get(0));
            String index = best.get(1);
            labels.add(graph.node("Mod", index, graph.integers(categories)));
            String anchor = graph.node("Div", index, graph.integers(categories));
            String codes = gathered(perAnchor(outputs.codes().get(l), 4), anchor);
            boxes.add(decoded(codes, graph.node("Gather", anchors(l, map), anchor)));
        }
        String scores = graph.node("Sigmoid", joined(logits));
        return suppressed(joined(boxes), scores, joined(labels), parameters);
    }

    /** Suppresses non-maxima within each category, and keeps the best of each image. */
    private Detections suppressed(
            String boxes, String scores, String labels, PostProcessing parameters) {
        long[] all = new long[categories];
        Arrays.setAll(all, k -> k);
        String category = graph.node("Unsqueeze", graph.integers(all), graph.integers(0, 2));
        String own =
                graph.node("Equal", graph.node("Unsqueeze", labels, graph.integers(1)), category);
        String ofCategory =
                graph.node(
                        "Where",
                        own,
                        graph.node("Unsqueeze", scores, graph.integers(1)),
                        graph.scalar(-1));
        String kept =
                graph.node(
                        "NonMaxSuppression",
                        boxes,
                        ofCategory,
                        graph.integers(parameters.maxDetections()),
                        graph.floats(new float[] {(float) parameters.nmsIou()}, 1),
                        graph.floats(new float[] {(float) parameters.scoreThreshold()}, 1));
        String places = graph.node("Gather", a -> a.number("axis", 1), kept, graph.integers(0, 2));
        String none = graph.node("Expand", graph.scalar(-1), graph.node("Shape", scores));
        String left = graph.node("ScatterND", none, places, graph.node("GatherND", scores, places));
        List<String> best = best(left, parameters.maxDetections());
        String label =
                graph.node(
                        "Where",
                        graph.node("Less", best.get(0), graph.scalar(0)),
                        graph.integers(-1),
                        gathered(labels, best.get(1)));
        return new Detections(gathered(boxes, best.get(1)), best.get(0), label);
    }

    /** Returns the largest numbers of each row, and their places. */
    private List<String> best(String rows, int most) {
        String length = graph.node("Shape", a -> a.number("start", 1), rows);
        String count = graph.node("Min", length, graph.integers(most));
        return graph.nodes("TopK", 2, a -> {}, rows, count);
    }

    /** Takes the elements [N, k, ...] of [N, M, ...] at the places [N, k]. */
    private String gathered(String values, String places) {
        return graph.node(
                "GatherND",
                a -> a.number("batch_dims", 1),
                values,
                graph.node("Unsqueeze", places, graph.integers(2)));
    }

    private String channelsLast(String map) {
        return graph.node("Transpose", a -> a.numbers("perm", 0, 2, 3, 1), map);
    }

    /** Turns [N, A * values, H, W] into [N, H * W * A, values]. */
    private String perAnchor(String map, int values) {
        return graph.node("Reshape", channelsLast(map), graph.integers(0, -1, values));
    }

    private String joined(List<String> levels) {
        return graph.node("Concat", a -> a.number("axis", 1), levels.toArray(String[]::new));
    }

    /** Lays the anchors of a level over a map, as {@link AnchorGenerator} does: [H * W * A, 4]. */
    private String anchors(int level, String map) {
        int stride = FIRST_STRIDE << level;
        // The anchors of the first place; those of the others are moved by whole steps.
        int first = 4 * some.levels().get(level).first();
        float[] cell = Arrays.copyOfRange(some.boxes(), first, first + 4 * anchors.perLocation());
        String shape = graph.node("Shape", map);
        String rows = graph.node("Gather", shape, graph.integer(2));
        String columns = graph.node("Gather", shape, graph.integer(3));
        String down = shifts(rows, height, stride, graph.integers(-1, 1, 1, 1));
        String right = shifts(columns, width, stride, graph.integers(1, -1, 1, 1));
        String shift =
                graph.node(
                        "Add",
                        graph.node("Mul", down, graph.floats(new float[] {0, 1, 0, 1}, 4)),
                        graph.node("Mul", right, graph.floats(new float[] {1, 0, 1, 0}, 4)));
        String boxes = graph.node("Add", shift, graph.floats(cell, anchors.perLocation(), 4));
        return graph.node("Reshape", boxes, graph.integers(-1, 4));
    }

    private String shifts(String places, String canvasSide, int stride, String shape) {
        String step =
                anchors.rounding() == Rounding.TORCHVISION
                        ? graph.node("Div", canvasSide, places)
                        : graph.integer(stride);
        String range = graph.node("Range", graph.integer(0), places, graph.integer(1));
        String shifts = graph.node("Mul", range, step);
        String floats = graph.node("Cast", a -> a.number("to", GraphParameters.FLOAT), shifts);
        return graph.node("Reshape", floats, shape);
    }

    /** Decodes codes [N, k, 4] of anchors [k, 4] or [N, k, 4], and cuts the boxes to the images. */
    private String decoded(String codes, String boxes) {
        List<String> code = split(codes);
        List<String> anchor = split(boxes);
        String[] corners = new String[4];
        for (int i = 0; i < 2; i++) {
            String side = graph.node("Sub", anchor.get(i + 2), anchor.get(i));
            String half = graph.node("Mul", side, graph.scalar(0.5));
            String shift = graph.node("Mul", code.get(i), side);
            String centre = graph.node("Add", graph.node("Add", shift, anchor.get(i)), half);
            String ratio =
                    graph.node(
                            "Exp",
                            graph.node(
                                    "Min", code.get(i + 2), graph.scalar(BoxCoder.MAX_LOG_RATIO)));
            String reach = graph.node("Mul", ratio, half);
            corners[i] = graph.node("Sub", centre, reach);
            corners[i + 2] = graph.node("Add", centre, reach);
        }
        String whole = graph.node("Concat", a -> a.number("axis", -1), corners);
        return graph.node("Max", graph.node("Min", whole, limits), graph.scalar(0));
    }

    /** Returns the four columns [..., 1] of [..., 4]. */
    private List<String> split(String boxes) {
        return graph.nodes("Split", 4, a -> a.number("axis", -1), boxes);
    }
}
