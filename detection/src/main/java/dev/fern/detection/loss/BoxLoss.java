package dev.fern.detection.loss;

import dev.fern.detection.anchor.BoxCoder;

/** The regression loss of one anchor, with its derivative. */
public sealed interface BoxLoss {

    /**
     * {@return the name that configurations use; {@link #parse} makes an equal value of it, unless
     * this value is one that no name stands for, such as smooth L1 with another beta}
     */
    String id();

    /**
     * Computes the loss between a predicted and a target box code.
     *
     * @param prediction [4], dx, dy, dw, dh
     * @param targets holds the target code
     * @param targetAt index of the target's dx in {@code targets}
     * @param anchors holds the anchor (x1, y1, x2, y2)
     * @param anchorAt index of the anchor's x1 in {@code anchors}
     * @param gradient [4], receives the derivative with respect to {@code prediction}
     * @return the loss, summed over the four numbers
     */
    double apply(
            float[] prediction,
            float[] targets,
            int targetAt,
            float[] anchors,
            int anchorAt,
            double[] gradient);

    /**
     * Returns the loss of a name.
     *
     * @param name {@code l1}, {@code smooth-l1} (beta 1/9, as Fast R-CNN's descendants) or {@code
     *     giou}
     * @return the loss
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    static BoxLoss parse(String name) {
        return switch (name) {
            case "l1" -> new SmoothL1(0);
            case "smooth-l1" -> new SmoothL1(1.0 / 9);
            case "giou" -> new GeneralizedIou();
            default ->
                    throw new IllegalArgumentException(
                            "unknown box loss '" + name + "': use one of l1, smooth-l1, giou");
        };
    }

    /**
     * Smooth L1 on the codes (Girshick, ICCV 2015): 0.5 d^2 / beta below beta, |d| - 0.5 beta
     * above; plain L1 where beta is 0.
     *
     * @param beta at least 0
     */
    record SmoothL1(double beta) implements BoxLoss {

        /**
         * Checks the range.
         *
         * @param beta at least 0 and finite
         * @throws IllegalArgumentException if it is out of its range
         */
        public SmoothL1 {
            if (!(beta >= 0 && beta < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("smooth L1 needs beta >= 0, not " + beta);
            }
        }

        @Override
        public String id() {
            return beta == 0 ? "l1" : "smooth-l1";
        }

        @Override
        public double apply(
                float[] prediction,
                float[] targets,
                int targetAt,
                float[] anchors,
                int anchorAt,
                double[] gradient) {
            double loss = 0;
            for (int i = 0; i < 4; i++) {
                double d = (double) prediction[i] - targets[targetAt + i];
                double magnitude = Math.abs(d);
                if (magnitude < beta) {
                    loss += 0.5 * d * d / beta;
                    gradient[i] = d / beta;
                } else {
                    loss += magnitude - 0.5 * beta;
                    gradient[i] = Math.signum(d);
                }
            }
            return loss;
        }
    }

    /**
     * 1 - GIoU of the decoded boxes (Rezatofighi et al., CVPR 2019). As in torchvision, 1e-7 keeps
     * denominators above 0.
     */
    record GeneralizedIou() implements BoxLoss {

        private static final double EPSILON = 1e-7;

        @Override
        public String id() {
            return "giou";
        }

        @Override
        public double apply(
                float[] prediction,
                float[] targets,
                int targetAt,
                float[] anchors,
                int anchorAt,
                double[] gradient) {
            float[] p = new float[4];
            float[] t = new float[4];
            BoxCoder.decode(
                    prediction[0],
                    prediction[1],
                    prediction[2],
                    prediction[3],
                    anchors,
                    anchorAt,
                    p,
                    0);
            BoxCoder.decode(
                    targets[targetAt],
                    targets[targetAt + 1],
                    targets[targetAt + 2],
                    targets[targetAt + 3],
                    anchors,
                    anchorAt,
                    t,
                    0);
            double width = (double) p[2] - p[0];
            double height = (double) p[3] - p[1];
            double overlapWidth = (double) Math.min(p[2], t[2]) - Math.max(p[0], t[0]);
            double overlapHeight = (double) Math.min(p[3], t[3]) - Math.max(p[1], t[1]);
            boolean overlapping = overlapWidth > 0 && overlapHeight > 0;
            double intersection = overlapping ? overlapWidth * overlapHeight : 0;
            double union =
                    width * height + ((double) t[2] - t[0]) * ((double) t[3] - t[1]) - intersection;
            double hullWidth = (double) Math.max(p[2], t[2]) - Math.min(p[0], t[0]);
            double hullHeight = (double) Math.max(p[3], t[3]) - Math.min(p[1], t[1]);
            double hull = hullWidth * hullHeight;
            // loss = 1 - I / (U + e) + (C - U) / (C + e)
            double u = union + EPSILON;
            double c = hull + EPSILON;
            double byIntersection = -1 / u;
            double byUnion = intersection / (u * u) - 1 / c;
            double byHull = (union + EPSILON) / (c * c);
            // Each side of the predicted box moves its own area, the intersection and the hull.
            double[] bySide = new double[4];
            for (int side = 0; side < 4; side++) {
                boolean high = side >= 2;
                boolean horizontal = side % 2 == 0;
                int sign = high ? 1 : -1;
                double dArea = sign * (horizontal ? height : width);
                // 1 where the side lies inside the target, 0 outside; between where they coincide,
                // so that equal boxes are a minimum.
                double inner = (1 - sign * Math.signum(p[side] - t[side])) / 2;
                double dIntersection =
                        overlapping
                                ? inner * sign * (horizontal ? overlapHeight : overlapWidth)
                                : 0;
                double dHull = (1 - inner) * sign * (horizontal ? hullHeight : hullWidth);
                bySide[side] =
                        byIntersection * dIntersection
                                + byUnion * (dArea - dIntersection)
                                + byHull * dHull;
            }
            double anchorWidth = (double) anchors[anchorAt + 2] - anchors[anchorAt];
            double anchorHeight = (double) anchors[anchorAt + 3] - anchors[anchorAt + 1];
            gradient[0] = (bySide[0] + bySide[2]) * anchorWidth;
            gradient[1] = (bySide[1] + bySide[3]) * anchorHeight;
            gradient[2] =
                    prediction[2] > BoxCoder.MAX_LOG_RATIO
                            ? 0
                            : (bySide[2] - bySide[0]) * 0.5 * width;
            gradient[3] =
                    prediction[3] > BoxCoder.MAX_LOG_RATIO
                            ? 0
                            : (bySide[3] - bySide[1]) * 0.5 * height;
            return 1 - intersection / u + (hull - union) / c;
        }
    }
}
