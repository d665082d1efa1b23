package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.moment.MomentRule;
import dev.fern.backbone.moment.RowGroups;
import dev.fern.backbone.moment.Standardization;
import dev.fern.backbone.onednn.ElementwiseKernels.Sums;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;

/**
 * A normaliser by mean and variance of a tape's maps, with an optional residual addition and an
 * optional threshold:
 *
 * <pre>
 * xhat = (x - mean) / sqrt(var + eps) * r + d,  y = gamma * xhat + beta [+ shortcut],  z = [max(y, tau)]
 * </pre>
 *
 * A row is one channel of one image; rows of a group share mean, var, r and d. Sums are float32, or
 * float64 where a map has few places. In bfloat16 tau is rounded, so that z tells exactly where y
 * was above it.
 */
public final class StandardizationMaps {

    /**
     * The part of a row's squares above which its mean is taken off before they are summed: less is
     * left of a variance then than float32 sums are exact.
     */
    private static final double NEARLY_ALL = 0.9;

    private final Tape tape;
    private final Parameters arrays;
    private final MomentRule rule;
    private final RowGroups groups;
    private final MapShape shape;
    private final float[] gamma;
    private final float[] beta;

    /** Null for none. */
    private final float[] tau;

    /** How each row was standardised in the forward pass. */
    private final Standardization[] rows;

    /** Whether the mean of some row is so large that sums need rows without their means. */
    private boolean isFarFromZero;

    /**
     * The parameters of the function, [C] each.
     *
     * @param gamma scales
     * @param beta is added
     * @param tau the threshold; null for none
     */
    public record Parameters(NDArray gamma, NDArray beta, NDArray tau) {
        private List<NDArray> present() {
            return Stream.of(gamma, beta, tau).filter(array -> array != null).toList();
        }
    }

    private StandardizationMaps(
            MapArray x, Parameters arrays, MomentRule rule, boolean thresholds) {
        tape = x.tape();
        this.arrays = arrays;
        this.rule = rule;
        shape = x.memory().shape;
        groups = rule.groups(shape.images(), shape.channels());
        gamma = FilterResponseMaps.copy(arrays.gamma);
        beta = FilterResponseMaps.copy(arrays.beta);
        tau = thresholds ? FilterResponseMaps.thresholds(arrays.tau, shape) : null;
        rows = new Standardization[shape.images() * shape.channels()];
    }

    /**
     * {@return z}
     *
     * @param x [N, C, H, W]
     * @param shortcut of the same shape; null for none
     * @param parameters without tau for ReLU or no threshold at all
     * @param rule how x is standardised
     * @param thresholds whether there is a threshold, 0 without tau
     */
    public static NDArray apply(
            MapArray x,
            MapArray shortcut,
            Parameters parameters,
            MomentRule rule,
            boolean thresholds) {
        StandardizationMaps function = new StandardizationMaps(x, parameters, rule, thresholds);
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
        measure(x);
        MapMemory output = new MapMemory(tape.workspace(), shape);
        int channels = gamma.length;
        for (int n = 0; n < shape.images(); n++) {
            float[] centres = new float[channels];
            float[] scales = new float[channels];
            float[] shifts = new float[channels];
            float[] thresholds = tau == null ? null : tau.clone();
            for (int c = 0; c < channels; c++) {
                Standardization s = rows[n * channels + c];
                double scale = gamma[c] * s.inverse() * s.r();
                centres[c] = (float) s.mean();
                scales[c] = (float) scale;
                shifts[c] = (float) (beta[c] + gamma[c] * s.d() + (centres[c] - s.mean()) * scale);
                if (tau != null && !Double.isFinite(centres[c] + scale + shifts[c])) {
                    thresholds[c] =
                            Float.NaN; // else max(NaN, tau) is tau, and the damage is hidden
                }
            }
            ElementwiseKernels.applyByChannel(
                    tape.workspace(),
                    shape,
                    List.of("sub", "mul", "add"),
                    List.of(centres, scales, shifts),
                    x.image(n),
                    output.image(n),
                    shortcut == null ? null : shortcut.image(n),
                    thresholds);
        }
        return output;
    }

    /** Finds out how each row is to be standardised. */
    private void measure(MapMemory x) {
        double[] means = new double[rows.length];
        double[] variances = new double[rows.length];
        if (rule.measures()) {
            moments(x, means, variances);
        }
        for (int group = 0; group < groups.count(); group++) {
            double mean = rule.measures() ? 0 : Double.NaN;
            double variance = mean;
            for (int i = 0; i < groups.size(); i++) {
                mean += means[groups.row(group, i)] / groups.size();
            }
            for (int i = 0; i < groups.size(); i++) {
                int row = groups.row(group, i);
                double off = means[row] - mean;
                variance += (variances[row] + off * off) / groups.size();
            }
            Standardization standardization = rule.of(group, mean, variance);
            for (int i = 0; i < groups.size(); i++) {
                rows[groups.row(group, i)] = standardization;
            }
        }
    }

    /** Writes the moments of every row. */
    private void moments(MapMemory x, double[] means, double[] variances) {
        Sums[] sums = sums(x, x);
        for (int row = 0; row < rows.length; row++) {
            means[row] = sum(sums, row) / shape.places();
            double squares = product(sums, row) / shape.places();
            variances[row] = Math.max(0, squares - means[row] * means[row]);
            isFarFromZero |= means[row] * means[row] > NEARLY_ALL * squares && !isExact();
        }
        if (isFarFromZero) {
            MapMemory centred = centred(x, means);
            Sums[] rest = sums(centred, centred);
            centred.release();
            for (int row = 0; row < rows.length; row++) {
                double off = sum(rest, row) / shape.places();
                means[row] = (float) means[row] + off;
                variances[row] = Math.max(0, product(rest, row) / shape.places() - off * off);
            }
        }
    }

    /** {@return the sums of each image's channels} */
    private Sums[] sums(MapMemory a, MapMemory b) {
        Sums[] sums = new Sums[shape.images()];
        for (int n = 0; n < sums.length; n++) {
            sums[n] = ElementwiseKernels.sums(tape.workspace(), a, b, n);
        }
        return sums;
    }

    private double sum(Sums[] sums, int row) {
        return sums[row / gamma.length].sums()[row % gamma.length];
    }

    private double product(Sums[] sums, int row) {
        return sums[row / gamma.length].products()[row % gamma.length];
    }

    /** {@return whether there are so few places that sums and gradients are computed in float64} */
    private boolean isExact() {
        return shape.places() <= FilterResponseMaps.FEW_PLACES;
    }

    /** {@return a map less a number for each row, which is rounded to float32} */
    private MapMemory centred(MapMemory x, double[] centres) {
        MapMemory result = new MapMemory(tape.workspace(), shape);
        for (int n = 0; n < shape.images(); n++) {
            int first = n * gamma.length;
            ElementwiseKernels.applyByChannel(
                    tape.workspace(),
                    shape,
                    List.of("sub"),
                    List.of(byChannel(c -> centres[first + c])),
                    x.image(n),
                    result.image(n),
                    null,
                    null);
        }
        return result;
    }

    /** {@return a number for each channel, in float32} */
    private float[] byChannel(IntToDoubleFunction values) {
        float[] rounded = new float[gamma.length];
        for (int c = 0; c < rounded.length; c++) {
            rounded[c] = (float) values.applyAsDouble(c);
        }
        return rounded;
    }

    private void backward(MapMemory x, MapMemory shortcut, MapMemory output, MapMemory dz) {
        MapMemory dy =
                tau == null
                        ? dz.retain()
                        : ElementwiseKernels.above(tape.workspace(), output, tau, dz);
        double[] sums = new double[rows.length];
        double[] centred = new double[rows.length];
        sumUp(x, dy, sums, centred);
        double[] gammaGradient = new double[gamma.length];
        double[] betaGradient = new double[gamma.length];
        for (int row = 0; row < rows.length; row++) {
            Standardization s = rows[row];
            int c = row % gamma.length;
            gammaGradient[c] += centred[row] * s.inverse() * s.r() + sums[row] * s.d();
            betaGradient[c] += sums[row];
        }
        tape.gradients().add(arrays.gamma, gammaGradient);
        tape.gradients().add(arrays.beta, betaGradient);
        if (arrays.tau != null && tape.trains(arrays.tau)) {
            Sums[] all = sums(dz, dz);
            double[] tauGradient = new double[gamma.length];
            for (int row = 0; row < rows.length; row++) {
                tauGradient[row % gamma.length] += sum(all, row) - sums[row];
            }
            tape.gradients().add(arrays.tau, tauGradient);
        }
        if (x.wantsGradient) {
            tape.addGradient(x, inputGradient(x, dy, sums, centred));
        }
        if (shortcut == null) {
            dy.release();
        } else {
            tape.addGradient(shortcut, dy);
        }
    }

    /** Writes the sums of dy and of dy (x - mean) over the places of each row. */
    private void sumUp(MapMemory x, MapMemory dy, double[] sums, double[] centred) {
        double[] centres = new double[rows.length];
        if (isFarFromZero) {
            Arrays.setAll(centres, row -> (float) rows[row].mean());
        }
        MapMemory near = isFarFromZero ? centred(x, centres) : x.retain();
        Sums[] found = sums(near, dy);
        near.release();
        for (int row = 0; row < rows.length; row++) {
            sums[row] = sum(found, row);
            centred[row] = product(found, row) - (rows[row].mean() - centres[row]) * sums[row];
        }
    }

    /**
     * Returns dx = r / sigma (g - mean(g) - (x - mean) / sigma^2 mean(g (x - mean))) with g = gamma
     * dy and sigma^2 = var + eps, or where moments are not measured its first term alone.
     */
    private MapMemory inputGradient(MapMemory x, MapMemory dy, double[] sums, double[] centred) {
        double[] offsets = new double[rows.length];
        double[] slopes = new double[rows.length];
        if (rule.measures()) {
            double count = (double) groups.size() * shape.places();
            for (int group = 0; group < groups.count(); group++) {
                double sum = 0;
                double product = 0;
                for (int i = 0; i < groups.size(); i++) {
                    int row = groups.row(group, i);
                    sum += gamma[row % gamma.length] * sums[row];
                    product += gamma[row % gamma.length] * centred[row];
                }
                for (int i = 0; i < groups.size(); i++) {
                    int row = groups.row(group, i);
                    Standardization s = rows[row];
                    offsets[row] = -sum / count * s.inverse() * s.r();
                    slopes[row] =
                            -product / count * s.inverse() * s.inverse() * s.inverse() * s.r();
                }
            }
        }
        MapMemory dx = new MapMemory(tape.workspace(), shape);
        for (int n = 0; n < shape.images(); n++) {
            if (isExact()) {
                dx.set(n, exactGradient(x.values(n), dy.values(n), n, offsets, slopes));
            } else {
                inputGradient(x, dy, n, offsets, slopes, dx);
            }
        }
        return dx;
    }

    private void inputGradient(
            MapMemory x, MapMemory dy, int n, double[] offsets, double[] slopes, MapMemory dx) {
        int first = n * gamma.length;
        MapMemory through = null;
        if (rule.measures()) {
            through = new MapMemory(tape.workspace(), shape.image());
            ElementwiseKernels.applyByChannel(
                    tape.workspace(),
                    shape,
                    List.of("sub", "mul", "add"),
                    List.of(
                            byChannel(c -> rows[first + c].mean()),
                            byChannel(c -> slopes[first + c]),
                            byChannel(c -> offsets[first + c])),
                    x.image(n),
                    through.image(0),
                    null,
                    null);
        }
        ElementwiseKernels.applyByChannel(
                tape.workspace(),
                shape,
                List.of("mul"),
                List.of(byChannel(c -> gamma[c] * rows[first + c].inverse() * rows[first + c].r())),
                dy.image(n),
                dx.image(n),
                through == null ? null : through.image(0),
                null);
        if (through != null) {
            through.release();
        }
    }

    /**
     * Returns dx of an image in float64. Where g lies in its mean and along x, as in every group of
     * one or two values, the three terms cancel but for epsilon's share.
     */
    private float[] exactGradient(float[] x, float[] dy, int n, double[] offsets, double[] slopes) {
        float[] dx = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = i % gamma.length;
            int row = n * gamma.length + c;
            Standardization s = rows[row];
            double terms = gamma[c] * s.inverse() * s.r() * dy[i] + offsets[row];
            dx[i] = (float) (terms + slopes[row] * (x[i] - s.mean()));
        }
        return dx;
    }
}
