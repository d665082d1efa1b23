package dev.fern.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.onnx.OnnxGraph.Side;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a detector as an ONNX model of opset {@value #OPSET}. Its input {@code images} is [N, 3,
 * H, W]: red, green, blue, normalised and laid on a canvas as {@link
 * dev.fern.detection.image.ImageTransform} does; the number of images N is free. Where the model
 * decodes boxes, a second input {@code sizes} [N, 2] has width and height in pixels of each image
 * on its canvas, to which its boxes are cut. Categories, canvas rule and normalisation of pixels
 * stand in the model's metadata as JSON, under names that begin with {@code fern.}.
 */
public final class OnnxExport {

    /** The version of ONNX's operators. */
    public static final int OPSET = 17;

    /** The version of the file format that goes with it. */
    private static final int IR_VERSION = 8;

    /** The most bytes of a Protocol Buffers message, less what is no parameter. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (16L << 20);

    private OnnxExport() {}

    /**
     * Writes a detector.
     *
     * @param configuration the detector's
     * @param parameters of its network by their names, as {@link
     *     dev.fern.detection.model.Detector#copyParameters} gives them
     * @param options what the model takes and gives
     * @param file is written whole or not at all, and replaced if it is there
     * @throws IOException if the file can't be written
     * @throws IllegalArgumentException if the parameters are not those of the configuration's
     *     network, or take more than an ONNX file can hold (2 GiB)
     */
    public static void write(
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            OnnxOptions options,
            Path file)
            throws IOException {
        long bytes =
                parameters.values().stream()
                        .mapToLong(tensor -> (long) Float.BYTES * tensor.data().length)
                        .sum();
        if (bytes > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "the parameters take " + bytes + " bytes; an ONNX file holds less than 2 GiB");
        }
        ModelProto.Builder model =
                ModelProto.newBuilder()
                        .setIrVersion(IR_VERSION)
                        .setProducerName("fern")
                        .setGraph(graph(configuration, parameters, options));
        model.addOpsetImportBuilder().setDomain("").setVersion(OPSET);
        metadata(configuration)
                .forEach(
                        (key, value) ->
                                model.addMetadataPropsBuilder().setKey(key).setValue(value));
        AtomicFile.write(file, model.build().toByteArray());
    }

    private static GraphProto graph(
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            OnnxOptions options) {
        OnnxGraph graph = new OnnxGraph("fern");
        Side images = Side.named("N");
        Side height = options.canvas().map(s -> Side.of(s.height())).orElse(Side.named("H"));
        Side width = options.canvas().map(s -> Side.of(s.width())).orElse(Side.named("W"));
        String input = graph.input("images", images, Side.of(3), height, width);
        NetworkGraph.Outputs heads =
                new NetworkGraph(
                                graph,
                                new GraphParameters(graph, parameters),
                                configuration.architecture())
                        .lay(input);
        if (options.outputs() == OnnxOptions.Outputs.HEADS) {
            addHeads(graph, configuration, heads, images);
            return graph.build();
        }
        String sizes = graph.input("sizes", images, Side.of(2));
        int categories = configuration.categories().size();
        DetectionGraph detection =
                new DetectionGraph(
                        graph, configuration.architecture().anchors(), categories, input, sizes);
        if (options.outputs() == OnnxOptions.Outputs.BOXES) {
            DetectionGraph.Boxes boxes = detection.boxes(heads);
            Side anchors = Side.named("M");
            graph.output(
                    "scores", DataType.FLOAT, boxes.scores(), images, anchors, Side.of(categories));
            graph.output("boxes", DataType.FLOAT, boxes.boxes(), images, anchors, Side.of(4));
            return graph.build();
        }
        DetectionGraph.Detections found =
                detection.detections(heads, configuration.postProcessing());
        Side count = Side.named("D");
        graph.output("boxes", DataType.FLOAT, found.boxes(), images, count, Side.of(4));
        graph.output("scores", DataType.FLOAT, found.scores(), images, count);
        graph.output("labels", DataType.INT64, found.labels(), images, count);
        return graph.build();
    }

    private static void addHeads(
            OnnxGraph graph,
            DetectorConfiguration configuration,
            NetworkGraph.Outputs heads,
            Side images) {
        int anchors = configuration.architecture().anchors().perLocation();
        int categories = configuration.categories().size();
        for (int kind = 0; kind < 2; kind++) {
            for (int l = 0; l < heads.logits().size(); l++) {
                String level = "p" + (l + 3);
                graph.output(
                        (kind == 0 ? "logits_" : "codes_") + level,
                        DataType.FLOAT,
                        (kind == 0 ? heads.logits() : heads.codes()).get(l),
                        images,
                        Side.of((long) anchors * (kind == 0 ? categories : 4)),
                        Side.named("H_" + level),
                        Side.named("W_" + level));
            }
        }
    }

    private static Map<String, String> metadata(DetectorConfiguration configuration) {
        JsonArray categories = new JsonArray();
        for (CocoCategory category : configuration.categories()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("id", category.id());
            entry.addProperty("name", category.name());
            categories.add(entry);
        }
        CanvasRule rule = configuration.canvas();
        JsonObject canvas = new JsonObject();
        canvas.addProperty("minSize", rule.minSize());
        canvas.addProperty("maxSize", rule.maxSize());
        canvas.addProperty("stride", rule.stride());
        JsonObject normalization = new JsonObject();
        normalization.add("mean", numbers(configuration.normalization().mean()));
        normalization.add("std", numbers(configuration.normalization().std()));
        return Map.of(
                "fern.categories", categories.toString(),
                "fern.canvas", canvas.toString(),
                "fern.normalization", normalization.toString());
    }

    private static JsonArray numbers(Iterable<Double> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }
}
