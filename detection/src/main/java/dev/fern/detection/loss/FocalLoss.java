package dev.fern.detection.loss;

/**
 * Focal loss on one logit (Lin et al., ICCV 2017, equation 5): FL = -alpha_t (1 - p_t)^gamma log
 * p_t with p = sigmoid(x); alpha_t and p_t are alpha and p for a positive, 1 - alpha and 1 - p for
 * a negative.
 *
 * @param alpha weight of the positives, 0 to 1; 0.25 in the paper
 * @param gamma how much well-classified logits are down-weighted, at least 0; 2 in the paper
 */
public record FocalLoss(double alpha, double gamma) {

    /**
     * Checks the ranges.
     *
     * @param alpha 0 to 1
     * @param gamma at least 0 and finite
     * @throws IllegalArgumentException if one is out of its range
     */
    public FocalLoss {
        if (!(alpha >= 0 && alpha <= 1 && gamma >= 0 && gamma < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "focal loss needs alpha in [0, 1] and gamma >= 0, not " + alpha + ", " + gamma);
        }
    }

    /** {@return the paper's loss: alpha 0.25, gamma 2} */
    public static FocalLoss retinaNet() {
        return new FocalLoss(0.25, 2);
    }

    /**
     * Returns the loss of a logit and writes its derivative with respect to the logit. Both come
     * from one exponential and one logarithm.
     *
     * @param x the logit
     * @param positive whether the anchor shows the logit's category
     * @param slope [1], receives the derivative
     * @return the loss
     */
    public double apply(double x, boolean positive, double[] slope) {
        double e = Math.exp(-Math.abs(x));
        // -log p_t = softplus(-x) for a positive, softplus(x) for a negative
        double crossEntropy = Math.max(positive ? -x : x, 0) + Math.log1p(e);
        double q = (x >= 0) == positive ? e / (1 + e) : 1 / (1 + e); // 1 - p_t
        double weight = (positive ? alpha : 1 - alpha) * power(q);
        double descent = weight * (gamma * (1 - q) * crossEntropy + q);
        slope[0] = positive ? -descent : descent;
        return weight * crossEntropy;
    }

    /**
     * Computes the losses and derivatives of many negatives. It agrees with {@link #apply} to
     * 1e-12, and takes a fifth of its time: exponential and logarithm are polynomials in loops that
     * Java turns into vector instructions.
     *
     * @param logits the logits; they are replaced by the derivatives
     * @param losses receives the losses
     * @param scratch is overwritten
     * @param count how many there are; no array is shorter
     */
    void negatives(double[] logits, double[] losses, double[] scratch, int count) {
        double[] q = scratch; // 1 - p_t = sigmoid(x)
        negativeExponentials(logits, losses, count);
        for (int i = 0; i < count; i++) {
            q[i] = 1 / (1 + losses[i]);
        }
        for (int i = 0; i < count; i++) {
            q[i] *= logits[i] >= 0 ? 1 : losses[i];
        }
        logarithms(losses, count);
        for (int i = 0; i < count; i++) {
            losses[i] += Math.max(logits[i], 0); // softplus(x) = -log p_t
        }
        for (int i = 0; i < count; i++) {
            double weight = (1 - alpha) * power(q[i]);
            logits[i] = weight * (gamma * (1 - q[i]) * losses[i] + q[i]);
            losses[i] *= weight;
        }
    }

    private double power(double q) {
        return gamma == 2 ? q * q : Math.pow(q, gamma);
    }

    /** Writes e = exp(-|x|), from the series of exp(-|x| / 1024); below exp(-700) it is that. */
    private static void negativeExponentials(double[] x, double[] e, int count) {
        for (int i = 0; i < count; i++) {
            double r = Math.min(Math.abs(x[i]), 700) * (-1.0 / 1024);
            double p = 1 + r * (1.0 / 9);
            p = 1 + r * (1.0 / 8) * p;
            p = 1 + r * (1.0 / 7) * p;
            p = 1 + r * (1.0 / 6) * p;
            p = 1 + r * (1.0 / 5) * p;
            p = 1 + r * (1.0 / 4) * p;
            p = 1 + r * (1.0 / 3) * p;
            p = 1 + r * (1.0 / 2) * p;
            p = 1 + r * p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            p *= p;
            e[i] = p;
        }
    }

    /** Replaces e, 0 to 1, by log(1 + e) = 2 artanh(s) with s = e / (2 + e), from its series. */
    private static void logarithms(double[] e, int count) {
        for (int i = 0; i < count; i++) {
            double s = e[i] / (2 + e[i]);
            double t = s * s;
            double p = 1.0 / 23 + t * (1.0 / 25);
            p = 1.0 / 21 + t * p;
            p = 1.0 / 19 + t * p;
            p = 1.0 / 17 + t * p;
            p = 1.0 / 15 + t * p;
            p = 1.0 / 13 + t * p;
            p = 1.0 / 11 + t * p;
            p = 1.0 / 9 + t * p;
            p = 1.0 / 7 + t * p;
            p = 1.0 / 5 + t * p;
            p = 1.0 / 3 + t * p;
            e[i] = 2 * s * (1 + t * p);
        }
    }
}
