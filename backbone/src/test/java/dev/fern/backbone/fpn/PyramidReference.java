package dev.fern.backbone.fpn;

import ai.djl.nn.Parameter;
import dev.fern.backbone.fpn.FeaturePyramid.P6Source;
import dev.fern.backbone.parameter.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;

/**
 * The feature pyramid of one image by plain loops in float64, with or without layer norms after its
 * lateral and output convolutions.
 */
final class PyramidReference {

    private record FeatureMap(int channels, int height, int width, double[] values) {

        double at(int c, int y, int x) {
            return y < 0 || y >= height || x < 0 || x >= width
                    ? 0
                    : values[(c * height + y) * width + x];
        }
    }

    private final Map<String, Parameter> parameters;
    private final int channels;
    private final P6Source source;

    PyramidReference(Map<String, Parameter> parameters, int channels, P6Source source) {
        this.parameters = parameters;
        this.channels = channels;
        this.source = source;
    }

    /** Returns the values of P3 to P7 for maps C3 to C5. */
    List<double[]> forward(List<Tensor> shapes, List<double[]> values) {
        List<FeatureMap> maps = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            long[] shape = shapes.get(i).shape();
            maps.add(new FeatureMap((int) shape[1], (int) shape[2], (int) shape[3], values.get(i)));
        }
        LinkedList<FeatureMap> levels = new LinkedList<>();
        FeatureMap top = null;
        for (int i = maps.size() - 1; i >= 0; i--) {
            FeatureMap lateral =
                    normalize("lateralNorm" + i, convolve("lateral" + i, maps.get(i), 1, 1));
            if (top != null) {
                for (int c = 0; c < channels; c++) {
                    for (int y = 0; y < lateral.height; y++) {
                        for (int x = 0; x < lateral.width; x++) {
                            lateral.values[(c * lateral.height + y) * lateral.width + x] +=
                                    top.at(c, y / 2, x / 2);
                        }
                    }
                }
            }
            top = lateral;
            levels.addFirst(normalize("outputNorm" + i, convolve("output" + i, top, 3, 1)));
        }
        FeatureMap p6 =
                convolve(
                        "p6",
                        source == P6Source.C5 ? maps.get(maps.size() - 1) : levels.getLast(),
                        3,
                        2);
        double[] rectified = p6.values.clone();
        for (int i = 0; i < rectified.length; i++) {
            rectified[i] = Math.max(0, rectified[i]);
        }
        levels.add(p6);
        levels.add(convolve("p7", new FeatureMap(channels, p6.height, p6.width, rectified), 3, 2));
        return levels.stream().map(FeatureMap::values).toList();
    }

    private FeatureMap convolve(String name, FeatureMap in, int kernel, int stride) {
        float[] weight = parameters.get(name + ".weight").getArray().toFloatArray();
        Parameter biases = parameters.get(name + ".bias");
        float[] bias = biases == null ? new float[channels] : biases.getArray().toFloatArray();
        int height = (in.height + stride - 1) / stride;
        int width = (in.width + stride - 1) / stride;
        double[] out = new double[channels * height * width];
        for (int o = 0; o < channels; o++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    double sum = bias[o];
                    for (int c = 0; c < in.channels; c++) {
                        for (int ky = 0; ky < kernel; ky++) {
                            for (int kx = 0; kx < kernel; kx++) {
                                sum +=
                                        weight[((o * in.channels + c) * kernel + ky) * kernel + kx]
                                                * in.at(
                                                        c,
                                                        y * stride + ky - kernel / 2,
                                                        x * stride + kx - kernel / 2);
                            }
                        }
                    }
                    out[(o * height + y) * width + x] = sum;
                }
            }
        }
        return new FeatureMap(channels, height, width, out);
    }

    /** Applies Layer Normalization, if the pyramid has it. */
    private FeatureMap normalize(String name, FeatureMap map) {
        if (!parameters.containsKey(name + ".gamma")) {
            return map;
        }
        float[] gamma = parameters.get(name + ".gamma").getArray().toFloatArray();
        float[] beta = parameters.get(name + ".beta").getArray().toFloatArray();
        int size = map.values.length;
        double mean = Arrays.stream(map.values).sum() / size;
        double variance = Arrays.stream(map.values).map(v -> (v - mean) * (v - mean)).sum() / size;
        for (int i = 0; i < size; i++) {
            int c = i / (map.height * map.width);
            map.values[i] =
                    (map.values[i] - mean) / Math.sqrt(variance + 1e-5) * gamma[c] + beta[c];
        }
        return map;
    }
}
