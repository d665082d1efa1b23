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
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.onnx.OnnxGraph.Side;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

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

    /** The number of images of a batch. */
    private static final Side IMAGES = Side.named("N");

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
        write(configuration, parameters, options, network -> network, file);
    }

    /**
     * Writes a detector whose convolutions work on 8-bit integers, all but the last of each head.
     *
     * @param configuration the detector's
     * @param parameters of its network by their names
     * @param options what the model takes and gives
     * @param ranges of the network's maps, as {@link Calibration} measures them
     * @param file is written whole or not at all, and replaced if it is there
     * @throws IOException if the file can't be written
     * @throws IllegalArgumentException if the parameters or ranges are not those of the
     *     configuration's network, or take more than an ONNX file can hold (2 GiB)
     */
    public static void writeInt8(
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            OnnxOptions options,
            ActivationRanges ranges,
            Path file)
            throws IOException {
        write(
                configuration,
                parameters,
                options,
                network -> QuantizedGraph.of(BatchNormFolding.of(network), ranges),
                file);
    }

    private static void write(
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            OnnxOptions options,
            UnaryOperator<GraphProto> change,
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
        write(model(graph(configuration, parameters, options, change), configuration), file);
    }

    private static ModelProto model(GraphProto graph, DetectorConfiguration configuration) {
        ModelProto.Builder model =
                ModelProto.newBuilder()
                        .setIrVersion(IR_VERSION)
                        .setProducerName("fern")
                        .setGraph(graph);
        model.addOpsetImportBuilder().setDomain("").setVersion(OPSET);
        metadata(configuration)
                .forEach(
                        (key, value) ->
                                model.addMetadataPropsBuilder().setKey(key).setValue(value));
        return model.build();
    }

    private static void write(ModelProto model, Path file) throws IOException {
        AtomicFile.write(file, model.toByteArray());
    }

    /** Writes a network with folded normalisers that gives some of its maps. */
    static List<String> writeMeasured(
            DetectorConfiguration configuration, Map<String, Tensor> parameters, Path file)
            throws IOException {
        OnnxGraph graph = new OnnxGraph("fern");
        network(graph, configuration, parameters, Optional.empty());
        graph.rewrite(BatchNormFolding::of);
        List<String> maps = new QuantizationPlan(graph.build()).measured();
        for (String map : maps) {
            graph.output(
                    map + ".measured",
                    DataType.FLOAT,
                    map,
                    IMAGES,
                    Side.named(map + ".C"),
                    Side.named(map + ".H"),
                    Side.named(map + ".W"));
        }
        write(model(graph.build(), configuration), file);
        return maps;
    }

    /** A network's input and outputs. */
    private record Network(String images, NetworkGraph.Outputs heads) {}

    private static Network network(
            OnnxGraph graph,
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            Optional<ImageSize> canvas) {
        Side height = canvas.map(s -> Side.of(s.height())).orElse(Side.named("H"));
        Side width = canvas.map(s -> Side.of(s.width())).orElse(Side.named("W"));
        String images = graph.input("images", IMAGES, Side.of(3), height, width);
        return new Network(
                images,
                new NetworkGraph(
                                graph,
                                new GraphParameters(graph, parameters),
                                configuration.architecture())
                        .lay(images));
    }

    private static GraphProto graph(
            DetectorConfiguration configuration,
            Map<String, Tensor> parameters,
            OnnxOptions options,
            UnaryOperator<GraphProto> change) {
        OnnxGraph graph = new OnnxGraph("fern");
        Network network = network(graph, configuration, parameters, options.canvas());
        NetworkGraph.Outputs heads = network.heads();
        graph.rewrite(change);
        if (options.outputs() == OnnxOptions.Outputs.HEADS) {
            addHeads(graph, configuration, heads);
            return graph.build();
        }
        String sizes = graph.input("sizes", IMAGES, Side.of(2));
        int categories = configuration.categories().size();
        DetectionGraph detection =
                new DetectionGraph(
                        graph,
                        configuration.architecture().anchors(),
                        categories,
                        network.images(),
                        sizes);
        if (options.outputs() == OnnxOptions.Outputs.BOXES) {
            DetectionGraph.Boxes boxes = detection.boxes(heads);
            Side anchors = Side.named("M");
            graph.output(
                    "scores", DataType.FLOAT, boxes.scores(), IMAGES, anchors, Side.of(categories));
            graph.output("boxes", DataType.FLOAT, boxes.boxes(), IMAGES, anchors, Side.of(4));
            return graph.build();
        }
        DetectionGraph.Detections found =
                detection.detections(heads, configuration.postProcessing());
        Side count = Side.named("D");
        graph.output("boxes", DataType.FLOAT, found.boxes(), IMAGES, count, Side.of(4));
        graph.output("scores", DataType.FLOAT, found.scores(), IMAGES, count);
        graph.output("labels", DataType.INT64, found.labels(), IMAGES, count);
        return graph.build();
    }

    private static void addHeads(
            OnnxGraph graph, DetectorConfiguration configuration, NetworkGraph.Outputs heads) {
        int anchors = configuration.architecture().anchors().perLocation();
        int categories = configuration.categories().size();
        for (int kind = 0; kind < 2; kind++) {
            for (int l = 0; l < heads.logits().size(); l++) {
                String level = "p" + (l + 3);
                graph.output(
                        (kind == 0 ? "logits_" : "codes_") + level,
                        DataType.FLOAT,
                        (kind == 0 ? heads.logits() : heads.codes()).get(l),
                        IMAGES,
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
