package dev.fern.backbone.norm;

import java.util.function.DoubleUnaryOperator;

/**
 * FRN + TLU in float64 by the paper's equations, and its gradients by the chain rule through nu^2:
 * the reference of the tests. Arrays are [images, channels, places] in C order; {@code epsilon},
 * {@code shortcut} and {@code tau} may be null where the block has none.
 */
record FilterResponseReference(
        int channels,
        int places,
        double[] x,
        double[] gamma,
        double[] beta,
        double[] epsilon,
        double[] shortcut,
        double[] tau) {

    /** Returns y, before the threshold. */
    double[] normalised() {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int c = channel(i);
            y[i] = gamma[c] * x[i] / Math.sqrt(underRoot(i)) + beta[c];
            if (shortcut != null) {
                y[i] += shortcut[i];
            }
        }
        return y;
    }

    /** Returns the largest gamma / sqrt(nu^2 + eps), by which gradients of x are multiplied. */
    double steepest() {
        double steepest = 0;
        for (int i = 0; i < x.length; i++) {
            steepest = Math.max(steepest, Math.abs(gamma[channel(i)]) / Math.sqrt(underRoot(i)));
        }
        return steepest;
    }

    /** Returns z, the result. */
    double[] forward() {
        double[] z = normalised();
        if (tau != null) {
            for (int i = 0; i < z.length; i++) {
                z[i] = Math.max(z[i], tau[channel(i)]);
            }
        }
        return z;
    }

    /** Returns the gradients of sum(z * dz). */
    FilterResponseReference backward(double[] dz) {
        return sums(dz, DoubleUnaryOperator.identity());
    }

    /**
     * Returns what the gradients would be if all their terms were positive: their scale. That of
     * tau is sum(dz) - sum(dy), so that all of dz are among its terms.
     */
    FilterResponseReference magnitudes(double[] dz) {
        FilterResponseReference terms = sums(dz, Math::abs);
        if (tau != null) {
            for (int c = 0; c < channels; c++) {
                terms.tau[c] += terms.beta[c]; // |dz| where it goes to tau, and |dy|
            }
        }
        return terms;
    }

    private FilterResponseReference sums(double[] dz, DoubleUnaryOperator term) {
        double[] y = normalised();
        double[] dx = new double[x.length];
        double[] dGamma = new double[channels];
        double[] dBeta = new double[channels];
        double[] dEpsilon = epsilon == null ? null : new double[channels];
        double[] dShortcut = shortcut == null ? null : new double[x.length];
        double[] dTau = tau == null ? null : new double[channels];
        for (int first = 0; first < x.length; first += places) {
            int c = channel(first);
            double v = underRoot(first);
            double dv = 0;
            double[] dy = new double[places];
            for (int p = 0; p < places; p++) {
                int i = first + p;
                if (tau != null && !(y[i] > tau[c])) {
                    dTau[c] += term.applyAsDouble(dz[i]);
                    continue;
                }
                dy[p] = dz[i];
                dBeta[c] += term.applyAsDouble(dy[p]);
                dGamma[c] += term.applyAsDouble(dy[p] * x[i] / Math.sqrt(v));
                dv += term.applyAsDouble(dy[p] * gamma[c] * x[i] * -0.5 * Math.pow(v, -1.5));
                if (shortcut != null) {
                    dShortcut[i] = term.applyAsDouble(dy[p]);
                }
            }
            for (int p = 0; p < places; p++) {
                int i = first + p;
                dx[i] =
                        term.applyAsDouble(dy[p] * gamma[c] / Math.sqrt(v))
                                + term.applyAsDouble(dv * 2 * x[i] / places);
            }
            if (epsilon != null) {
                dEpsilon[c] += term.applyAsDouble(dv * Math.signum(epsilon[c]));
            }
        }
        return new FilterResponseReference(
                channels, places, dx, dGamma, dBeta, dEpsilon, dShortcut, dTau);
    }

    private int channel(int i) {
        return i / places % channels;
    }

    /** Returns nu^2 + eps of the row that holds an element. */
    private double underRoot(int i) {
        int first = i / places * places;
        double squares = 0;
        for (int p = first; p < first + places; p++) {
            squares += x[p] * x[p];
        }
        return squares / places + 1e-6 + (epsilon == null ? 0 : Math.abs(epsilon[channel(i)]));
    }
}
