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
        double crossEntropy = Math.max(positive ? -x : x, 0) + Math.log(1 + e);
        double q = (x >= 0) == positive ? e / (1 + e) : 1 / (1 + e); // 1 - p_t
        double weight = (positive ? alpha : 1 - alpha) * (gamma == 2 ? q * q : Math.pow(q, gamma));
        double descent = weight * (gamma * (1 - q) * crossEntropy + q);
        slope[0] = positive ? -descent : descent;
        return weight * crossEntropy;
    }
}
