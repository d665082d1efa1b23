package dev.fern.onnx;

import dev.fern.backbone.norm.FilterResponseNormalization;
import dev.fern.backbone.norm.GroupNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.onnx.ActivationRanges.Range;
import dev.fern.onnx.OnnxCheck.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measures the ranges of a network's maps: runs it in ONNX Runtime on images, and counts the values
 * of its maps. Not thread-safe.
 */
public final class Calibration implements AutoCloseable {

    private final DetectorConfiguration configuration;
    private final Path file;
    private final OnnxCheck model;
    private final List<String> maps;
    private final List<ValueHistogram> values;

    /**
     * Prepares a network.
     *
     * @param configuration the detector's
     * @param parameters of its network by their names
     * @throws IOException if a temporary file can't be written, or ONNX Runtime refuses it
     * @throws IllegalArgumentException if a normaliser computes statistics of the image: it would
     *     stand between the integers of convolutions, and with it they are slower than floats
     */
    public Calibration(DetectorConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        requireStoredStatistics(configuration.architecture());
        this.configuration = configuration;
        file = Files.createTempFile("fern-calibration", ".onnx");
        try {
            maps = OnnxExport.writeMeasured(configuration, parameters, file);
            model = OnnxCheck.load(file);
        } catch (IOException | RuntimeException e) {
            Files.delete(file);
            throw e;
        }
        values = maps.stream().map(map -> new ValueHistogram()).toList();
    }

    private static void requireStoredStatistics(Architecture architecture) {
        Stream.of(
                        Optional.of(architecture.backbone().norm()),
                        architecture.pyramid().pyramidNorm(),
                        architecture.head().headNorm())
                .flatMap(Optional::stream)
                .filter(
                        norm ->
                                norm instanceof FilterResponseNormalization
                                        || norm instanceof GroupNormalization)
                .findFirst()
                .ifPresent(
                        norm -> {
                            throw new IllegalArgumentException(
                                    "int8 takes models whose normalisers are frozen-bn, bn or brn,"
                                            + " which are folded into convolutions; "
                                            + norm.id()
                                            + " computes statistics of each image in floats, and"
                                            + " its model is faster in float32");
                        });
    }

    /**
     * Counts what an image makes of the maps.
     *
     * @param image of any size; the caller closes it
     * @throws IOException if ONNX Runtime fails
     * @throws IllegalArgumentException if a map has values that are not finite
     */
    public void add(BgrImage image) throws IOException {
        CanvasPixels pixels = CanvasPixels.of(image, configuration, Optional.empty());
        List<Output> found = model.run(pixels.values(), pixels.shape(), new float[0]);
        for (int i = 0; i < found.size(); i++) {
            values.get(i).add(found.get(i).values());
        }
    }

    /** {@return the ranges over all images that were added} */
    public ActivationRanges ranges() {
        Map<String, Range> ranges = new HashMap<>();
        for (int i = 0; i < maps.size(); i++) {
            ranges.put(maps.get(i), values.get(i).range());
        }
        return new ActivationRanges(ranges);
    }

    @Override
    public void close() throws IOException {
        model.close();
        Files.deleteIfExists(file);
    }
}
