package dev.fern.backbone.classification;

/**
 * Softmax cross entropy with label smoothing (Szegedy et al., CVPR 2016, section 7), as
 * torch.nn.CrossEntropyLoss has it. With p = softmax(x) and q_k = (1 - epsilon) [k = y] + epsilon /
 * K, an image's loss is -sum_k q_k log p_k, and a batch's loss is the mean of its images' losses.
 * So the gradient of a batch is the mean of its images' gradients.
 *
 * @param smoothing epsilon, at least 0 and below 1; 0.1 in the paper
 */
public record CrossEntropyLoss(double smoothing) {

    /**
     * Checks the range of epsilon.
     *
     * @param smoothing at least 0 and below 1
     * @throws IllegalArgumentException if it is not
     */
    public CrossEntropyLoss {
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException(
                    "label smoothing must be at least 0 and below 1, not " + smoothing);
        }
    }

    /**
     * Computes loss and gradient.
     *
     * @param logits x of every image and class, [N * K]
     * @param labels y of every image, [N], each 0 to K - 1; at least one image
     * @return the batch's loss and its gradient with respect to the logits
     */
    public ClassificationLoss compute(float[] logits, int[] labels) {
        int images = labels.length;
        int classes = logits.length / images;
        float[] gradient = new float[logits.length];
        double everyClass = smoothing / classes;
        double sum = 0;
        for (int n = 0; n < images; n++) {
            int start = n * classes;
            double logSum = logSumExp(logits, start, classes);
            for (int k = 0; k < classes; k++) {
                double logProbability = logits[start + k] - logSum;
                double target = everyClass + (k == labels[n] ? 1 - smoothing : 0);
                if (target > 0) {
                    sum -= target * logProbability;
                }
                gradient[start + k] = (float) ((Math.exp(logProbability) - target) / images);
            }
        }
        return new ClassificationLoss(sum / images, gradient);
    }

    private static double logSumExp(float[] logits, int start, int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = start; k < start + count; k++) {
            largest = Math.max(largest, logits[k]);
        }
        double sum = 0;
        for (int k = start; k < start + count; k++) {
            sum += Math.exp(logits[k] - largest);
        }
        return largest + Math.log(sum);
    }
}
