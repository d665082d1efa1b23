package dev.fern.cocoeval;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The numbers of a COCO evaluation, in pycocotools' order: twelve of boxes and masks, ten of
 * keypoints.
 */
public enum CocoMetric {
    /** Average precision over all IoU thresholds. */
    AP("AP", true, null, "all"),
    /** Average precision at IoU 0.5. */
    AP50("AP50", true, .5, "all"),
    /** Average precision at IoU 0.75. */
    AP75("AP75", true, .75, "all"),
    /** Average precision of small objects. */
    AP_SMALL("APs", true, null, "small"),
    /** Average precision of medium objects. */
    AP_MEDIUM("APm", true, null, "medium"),
    /** Average precision of large objects. */
    AP_LARGE("APl", true, null, "large"),
    /** Average recall with the first of maxDets, by default 1 detection per image. */
    AR1("AR1", false, null, "all"),
    /** Average recall with the second of maxDets, by default 10 detections per image. */
    AR10("AR10", false, null, "all"),
    /** Average recall with the third of maxDets, by default 100 detections per image. */
    AR100("AR100", false, null, "all"),
    /** Average recall of keypoints, by default with 20 detections per image. */
    AR("AR", false, null, "all"),
    /** Average recall of keypoints at a similarity of 0.5. */
    AR50("AR50", false, .5, "all"),
    /** Average recall of keypoints at a similarity of 0.75. */
    AR75("AR75", false, .75, "all"),
    /** Average recall of small objects. */
    AR_SMALL("ARs", false, null, "small"),
    /** Average recall of medium objects. */
    AR_MEDIUM("ARm", false, null, "medium"),
    /** Average recall of large objects. */
    AR_LARGE("ARl", false, null, "large");

    private static final Set<CocoMetric> OF_BOXES_AND_MASKS =
            Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(AR, AR50, AR75)));

    private static final Set<CocoMetric> OF_KEYPOINTS =
            Collections.unmodifiableSet(
                    EnumSet.complementOf(EnumSet.of(AP_SMALL, AR_SMALL, AR1, AR10, AR100)));

    private final String label;
    private final boolean precision;
    private final Double iouThreshold;
    private final String areaLabel;

    CocoMetric(String label, boolean precision, Double iouThreshold, String areaLabel) {
        this.label = label;
        this.precision = precision;
        this.iouThreshold = iouThreshold;
        this.areaLabel = areaLabel;
    }

    /**
     * Finds the numbers of an evaluation.
     *
     * @param type what is evaluated
     * @return the twelve numbers of boxes and masks, or the ten of keypoints, in pycocotools' order
     */
    public static Set<CocoMetric> of(IouType type) {
        return type == IouType.KEYPOINTS ? OF_KEYPOINTS : OF_BOXES_AND_MASKS;
    }

    /**
     * {@return the usual name: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm or ARl; of
     * keypoints also AR, AR50 and AR75}
     */
    public String label() {
        return label;
    }

    /** Whether the metric is an average precision rather than an average recall. */
    boolean isPrecision() {
        return precision;
    }

    /** The only IoU threshold that the metric takes, or null if it takes all. */
    Double iouThreshold() {
        return iouThreshold;
    }

    String areaLabel() {
        return areaLabel;
    }
}
