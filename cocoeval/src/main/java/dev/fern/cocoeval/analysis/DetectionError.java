package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.TideErrors.Kind;

/**
 * What is wrong with one detection, by TIDE (Bolya et al., ECCV 2020, section 2.2).
 *
 * <p>With t_f the IoU threshold, t_b the background IoU, s the highest IoU of the detection with an
 * object of its category and o the highest IoU with an object of another, the first of these that
 * holds is its kind: t_b &lt;= s &lt; t_f localisation, o &gt;= t_f classification, s &gt;= t_f
 * duplicate, s and o &lt; t_b background, else both. This is the order of the authors' own code, in
 * which the paper's definitions exclude one another.
 *
 * @param kind never missed
 * @param same the object of the detection's category that it overlaps most
 * @param other the object of another category that it overlaps most
 * @param deniesLabel whether it lies well on {@code other} and not on {@code same}, so that the
 *     detector says another category than the label
 * @param isAlone whether it overlaps no annotation of any category as much as t_b, crowds among
 *     them
 */
public record DetectionError(
        Kind kind, BestTruth same, BestTruth other, boolean deniesLabel, boolean isAlone) {

    /**
     * Judges a wrong detection.
     *
     * @param image the image that it is on
     * @param detection one of the image's that is wrong
     * @param iouThreshold t_f, the IoU threshold of the matching
     * @param backgroundIou t_b, more than 0, less than {@code iouThreshold}
     * @return its error
     */
    public static DetectionError of(
            ImageMatching image,
            MatchedDetection detection,
            double iouThreshold,
            double backgroundIou) {
        BestTruth same = BestTruth.of(image, detection, true);
        BestTruth other = BestTruth.of(image, detection, false);
        Kind kind;
        if (same.iou() >= backgroundIou && same.iou() < iouThreshold) {
            kind = Kind.LOCALISATION;
        } else if (other.iou() >= iouThreshold) {
            kind = Kind.CLASSIFICATION;
        } else if (same.iou() >= iouThreshold) {
            kind = Kind.DUPLICATE;
        } else if (other.iou() < backgroundIou) {
            kind = Kind.BACKGROUND;
        } else {
            kind = Kind.BOTH;
        }
        return new DetectionError(
                kind,
                same,
                other,
                same.iou() < iouThreshold && other.iou() >= iouThreshold,
                isAlone(image, detection, backgroundIou));
    }

    private static boolean isAlone(
            ImageMatching image, MatchedDetection detection, double backgroundIou) {
        for (MatchedTruth truth : image.truths()) {
            if (image.overlap(detection, truth) >= backgroundIou) {
                return false;
            }
        }
        return true;
    }
}
