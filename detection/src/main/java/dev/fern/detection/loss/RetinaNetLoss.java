package dev.fern.detection.loss;

import dev.fern.backbone.loop.Parallel;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * RetinaNet's loss with its gradient, in plain Java: focal loss over all anchors but the ignored
 * ones plus box loss over the positive ones, both divided by the image's own number of positives
 * (at least {@code minPositives}), then averaged over the images, as in torchvision. The gradient
 * of a batch is therefore the mean of its images' gradients.
 *
 * @param focal classification loss
 * @param box regression loss
 * @param regressionWeight factor on the regression loss; 1 in the paper
 * @param minPositives what the loss of an image with fewer positives is divided by; at least 1,
 *     which is torchvision's value. A larger number gives less weight to images without objects,
 *     whose whole focal loss is divided by it
 */
public record RetinaNetLoss(
        FocalLoss focal, BoxLoss box, double regressionWeight, int minPositives) {

    /** How many logits are computed together, so that they stay in the processor's cache. */
    private static final int BLOCK = 1024;

    /**
     * Computes the loss of a batch and its gradient.
     *
     * @param categories K
     * @param outputs the head's outputs, one per level of {@code anchors}
     * @param anchors of the batch's canvas
     * @param targets one per image, N of them
     * @return the loss
     */
    public DetectionLoss compute(
            int categories,
            List<HeadOutput> outputs,
            Anchors anchors,
            List<AnchorTargets> targets) {
        int images = targets.size();
        double[] weights = new double[images];
        int positives = 0;
        for (int n = 0; n < images; n++) {
            int own = targets.get(n).positives().length;
            weights[n] = 1.0 / (Math.max(minPositives, own) * (double) images);
            positives += own;
        }
        List<HeadOutput> gradients = new ArrayList<>(outputs.size());
        double classification = 0;
        for (int l = 0; l < outputs.size(); l++) {
            HeadOutput output = outputs.get(l);
            HeadOutput gradient =
                    new HeadOutput(
                            new float[output.logits().length], new float[output.codes().length]);
            gradients.add(gradient);
            classification +=
                    classify(
                            categories,
                            anchors.levels().get(l),
                            anchors.perLocation(),
                            output.logits(),
                            targets,
                            weights,
                            gradient.logits());
        }
        double regression = regress(outputs, anchors, targets, weights, gradients);
        return new DetectionLoss(classification, regression, gradients, positives);
    }

    private double classify(
            int categories,
            Anchors.Level level,
            int perLocation,
            float[] logits,
            List<AnchorTargets> targets,
            double[] weights,
            float[] gradient) {
        int own = level.rows() * level.columns() * perLocation;
        double[] sums = new double[targets.size() * own];
        Parallel.forRows(
                sums.length,
                categories * 8L, // a logit costs several times what an element of a copy does
                (from, to) -> {
                    int step = Math.max(1, BLOCK / categories);
                    double[] slopes = new double[step * categories];
                    double[] losses = new double[slopes.length];
                    double[] scratch = new double[slopes.length];
                    double[] slope = new double[1];
                    for (int first = from; first < to; first += step) {
                        int start = first * categories;
                        int count = Math.min(step, to - first) * categories;
                        for (int i = 0; i < count; i++) {
                            slopes[i] = logits[start + i];
                        }
                        focal.negatives(slopes, losses, scratch, count);
                        for (int at = 0; at < count; at += categories) {
                            int anchor = first + at / categories;
                            int image = anchor / own;
                            int label = targets.get(image).labels()[level.first() + anchor % own];
                            if (label == Matcher.IGNORED) {
                                continue;
                            }
                            if (label >= 0) {
                                losses[at + label] =
                                        focal.apply(logits[start + at + label], true, slope);
                                slopes[at + label] = slope[0];
                            }
                            double sum = 0;
                            for (int i = at; i < at + categories; i++) {
                                sum += losses[i];
                                gradient[start + i] = (float) (weights[image] * slopes[i]);
                            }
                            sums[anchor] = sum * weights[image];
                        }
                    }
                });
        return Arrays.stream(sums).sum();
    }

    private double regress(
            List<HeadOutput> outputs,
            Anchors anchors,
            List<AnchorTargets> targets,
            double[] weights,
            List<HeadOutput> gradients) {
        int perLocation = anchors.perLocation();
        float[] prediction = new float[4];
        double[] slope = new double[4];
        double loss = 0;
        for (int n = 0; n < targets.size(); n++) {
            AnchorTargets target = targets.get(n);
            int l = 0;
            for (int p = 0; p < target.positives().length; p++) {
                int anchor = target.positives()[p];
                while (l + 1 < anchors.levels().size()
                        && anchor >= anchors.levels().get(l + 1).first()) {
                    l++;
                }
                Anchors.Level level = anchors.levels().get(l);
                int own = level.rows() * level.columns() * perLocation;
                int at = (n * own + anchor - level.first()) * 4;
                System.arraycopy(outputs.get(l).codes(), at, prediction, 0, 4);
                loss +=
                        weights[n]
                                * box.apply(
                                        prediction,
                                        target.codes(),
                                        4 * p,
                                        anchors.boxes(),
                                        4 * anchor,
                                        slope);
                float[] gradient = gradients.get(l).codes();
                for (int j = 0; j < 4; j++) {
                    gradient[at + j] = (float) (weights[n] * regressionWeight * slope[j]);
                }
            }
        }
        return loss;
    }
}
