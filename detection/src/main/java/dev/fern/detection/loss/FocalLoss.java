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

    /** Checks the ranges. */
    public FocalLoss {
        if (!(alpha >= 0 && alpha <= 1 && gamma >= 0 && gamma < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "focal loss needs alpha in [0, 1] and gamma >= 0, not " + alpha + ", " + gamma);
        }
    }

    /** Returns the paper's: alpha 0.25, gamma 2. */
    public static FocalLoss retinaNet() {
        return new FocalLoss(0.25, 2);
    }

    /** Returns the loss of a logit. */
    public double loss(double x, boolean positive) {
        double e = Math.exp(-Math.abs(x));
        // -log p_t = softplus(-x) for a positive, softplus(x) for a negative
        double crossEntropy = Math.max(positive ? -x : x, 0) + Math.log(1 + e);
        return weight(positive) * power(complement(x, e, positive)) * crossEntropy;
    }

    /** Returns the derivative of {@link #loss} with respect to the logit. */
    public double gradient(double x, boolean positive) {
        double e = Math.exp(-Math.abs(x));
        double crossEntropy = Math.max(positive ? -x : x, 0) + Math.log(1 + e);
        double q = complement(x, e, positive); // 1 - p_t
        double slope = weight(positive) * power(q) * (gamma * (1 - q) * crossEntropy + q);
        return positive ? -slope : slope;
    }

    /** Returns 1 - p_t, given e = exp(-|x|). */
    private static double complement(double x, double e, boolean positive) {
        return (x >= 0) == positive ? e / (1 + e) : 1 / (1 + e);
    }

    private double weight(boolean positive) {
        return positive ? alpha : 1 - alpha;
    }

    private double power(double q) {
        return gamma == 2 ? q * q : Math.pow(q, gamma);
    }
}
