package dev.fern.backbone.onednn;

import static dev.fern.backbone.onednn.ElementwiseKernels.map;
import static dev.fern.backbone.onednn.ElementwiseKernels.vector;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.ElementwiseKernels.Sums;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.dnnl.memory;

/**
 * Filter Response Normalization of a tape's maps, with an optional residual addition and an
 * optional threshold (Singh &amp; Krishnan, CVPR 2020, equations 1 to 4):
 *
 * <pre>
 * nu2 = sum(x^2) / N,  r = 1 / sqrt(nu2 + eps),  y = gamma * x * r + beta [+ shortcut],  z = [max(y, tau)]
 * </pre>
 *
 * Statistics are float32 sums of products, of strips of rows where a map is large, and in float64
 * where it has few places. In bfloat16 tau is rounded, so that z tells exactly where y was above
 * it.
 */
public final class FilterResponseMaps {

    /**
     * Where a map has no more places than this, sums and gradients are computed in float64: dy and
     * x may be nearly parallel there, so that the terms of dx cancel.
     */
    static final int FEW_PLACES = 64;

    private final Tape tape;
    private final Parameters arrays;
    private final MapShape shape;
    private final float[] gamma;
    private final float[] beta;

    /** Null for none. */
    private final float[] tau;

    /** What is added under the root, per channel. */
    private final double[] epsilon;

    /** nu2 + eps of every image and channel, from the forward pass. */
    private final double[][] underRoot;

    /**
     * The parameters of the function, [C] each.
     *
     * @param epsilon learned; null for none
     * @param tau null for none
     */
    public record Parameters(NDArray gamma, NDArray beta, NDArray epsilon, NDArray tau) {
        private List<NDArray> present() {
            return Stream.of(gamma, beta, epsilon, tau).filter(array -> array != null).toList();
        }
    }

    private FilterResponseMaps(MapArray x, Parameters arrays, float minimum, boolean thresholds) {
        tape = x.tape();
        this.arrays = arrays;
        shape = x.memory().shape;
        gamma = copy(arrays.gamma);
        beta = copy(arrays.beta);
        tau = thresholds ? thresholds(arrays.tau, shape) : null;
        epsilon = new double[shape.channels()];
        float[] learned = arrays.epsilon == null ? new float[epsilon.length] : copy(arrays.epsilon);
        for (int c = 0; c < epsilon.length; c++) {
            epsilon[c] = minimum + Math.abs((double) learned[c]);
        }
        underRoot = new double[shape.images()][shape.channels()];
    }

    static float[] copy(NDArray array) {
        return EngineBridge.of(array).copy(array);
    }

    /**
     * {@return a threshold for each channel, exact in a map's precision}
     *
     * @param tau null for 0
     */
    static float[] thresholds(NDArray tau, MapShape map) {
        float[] values = tau == null ? new float[map.channels()] : copy(tau);
        for (int c = 0; c < values.length; c++) {
            values[c] = map.precision().round(values[c]);
        }
        return values;
    }

    /**
     * {@return z}
     *
     * @param x [N, C, H, W]
     * @param shortcut of the same shape; null for none
     * @param parameters without tau for ReLU or no threshold at all
     * @param minimum the constant that is added under the root
     * @param thresholds whether there is a threshold, 0 without tau
     */
    public static NDArray apply(
            MapArray x,
            MapArray shortcut,
            Parameters parameters,
            float minimum,
            boolean thresholds) {
        FilterResponseMaps function = new FilterResponseMaps(x, parameters, minimum, thresholds);
        MapMemory input = x.memory();
        MapMemory added = shortcut == null ? null : shortcut.memory();
        MapMemory output = function.forward(input, added);
        return function.tape.record(
                output,
                added == null ? List.of(input) : List.of(input, added),
                parameters.present(),
                gradient -> function.backward(input, added, output, gradient));
    }

    private MapMemory forward(MapMemory x, MapMemory shortcut) {
        MapMemory output = new MapMemory(tape.workspace(), shape);
        for (int n = 0; n < shape.images(); n++) {
            double[] squares = ElementwiseKernels.sums(tape.workspace(), x, x, n).products();
            float[] scale = new float[gamma.length];
            float[] threshold = tau == null ? null : tau.clone();
            for (int c = 0; c < scale.length; c++) {
                underRoot[n][c] = squares[c] / shape.places() + epsilon[c];
                scale[c] = (float) (gamma[c] / Math.sqrt(underRoot[n][c]));
                if (tau != null && !Double.isFinite(underRoot[n][c] + scale[c] + beta[c])) {
                    threshold[c] = Float.NaN; // else max(NaN, tau) is tau, and the damage is hidden
                }
            }
            ElementwiseKernels.applyByChannel(
                    tape.workspace(),
                    shape,
                    List.of("mul", "add"),
                    List.of(scale, beta),
                    x.image(n),
                    output.image(n),
                    shortcut == null ? null : shortcut.image(n),
                    threshold);
        }
        return output;
    }

    private void backward(MapMemory x, MapMemory shortcut, MapMemory output, MapMemory dz) {
        MapMemory dy =
                tau == null
                        ? dz.retain()
                        : ElementwiseKernels.above(tape.workspace(), output, tau, dz);
        MapMemory dx = new MapMemory(tape.workspace(), shape);
        int channels = gamma.length;
        double[] gammaGradient = new double[channels];
        double[] betaGradient = new double[channels];
        double[] epsilonGradient = new double[channels];
        double[] tauGradient = new double[channels];
        for (int n = 0; n < shape.images(); n++) {
            Sums sums = ElementwiseKernels.sums(tape.workspace(), x, dy, n);
            double[] dzSums =
                    arrays.tau != null && tape.trains(arrays.tau)
                            ? ElementwiseKernels.sums(tape.workspace(), dz, dz, n).sums()
                            : sums.sums();
            for (int c = 0; c < channels; c++) {
                double r = 1 / Math.sqrt(underRoot[n][c]);
                double dyx = sums.products()[c];
                gammaGradient[c] += dyx * r;
                betaGradient[c] += sums.sums()[c];
                epsilonGradient[c] -= 0.5 * gamma[c] * r * r * r * dyx;
                tauGradient[c] += dzSums[c] - sums.sums()[c];
            }
            inputGradient(x, dy, dx, n, sums.products());
        }
        tape.gradients().add(arrays.gamma, gammaGradient);
        tape.gradients().add(arrays.beta, betaGradient);
        if (arrays.epsilon != null) {
            float[] learned = copy(arrays.epsilon);
            for (int c = 0; c < channels; c++) {
                epsilonGradient[c] *= Math.signum(learned[c]);
            }
            tape.gradients().add(arrays.epsilon, epsilonGradient);
        }
        if (arrays.tau != null) {
            tape.gradients().add(arrays.tau, tauGradient);
        }
        tape.addGradient(x, dx);
        if (shortcut == null) {
            dy.release();
        } else {
            tape.addGradient(shortcut, dy);
        }
    }

    /** Computes dx = gamma r (dy - x r^2 mean(dy x)) of an image. */
    private void inputGradient(MapMemory x, MapMemory dy, MapMemory dx, int n, double[] products) {
        int channels = gamma.length;
        if (shape.places() <= FEW_PLACES) {
            dx.set(n, exactInputGradient(x.values(n), dy.values(n), n, products));
            return;
        }
        float[] along = new float[channels];
        float[] scale = new float[channels];
        for (int c = 0; c < channels; c++) {
            along[c] = (float) (-products[c] / shape.places() / underRoot[n][c]);
            scale[c] = (float) (gamma[c] / Math.sqrt(underRoot[n][c]));
        }
        try (memory factors = ElementwiseKernels.vector(along);
                memory scales = ElementwiseKernels.vector(scale)) {
            ElementwiseKernels.apply(
                    tape.workspace(),
                    shape,
                    List.of(vector("mul"), map("add"), vector("mul")),
                    x.image(n),
                    dx.image(n),
                    factors,
                    dy.image(n),
                    scales);
        }
    }

    /**
     * Returns dx in float64, with 1 / r^2 = nu2 + eps multiplied out. Where dy is along x, as on
     * every map of one place, dy nu2 and x mean(dy x) cancel exactly, and only eps leaves
     * something.
     */
    private float[] exactInputGradient(float[] x, float[] dy, int n, double[] products) {
        int channels = gamma.length;
        float[] dx = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = i % channels;
            double r = 1 / Math.sqrt(underRoot[n][c]);
            double nu2 = underRoot[n][c] - epsilon[c];
            double terms = dy[i] * nu2 - x[i] * (products[c] / shape.places());
            dx[i] = (float) (gamma[c] * r * r * r * (terms + epsilon[c] * dy[i]));
        }
        return dx;
    }
}
