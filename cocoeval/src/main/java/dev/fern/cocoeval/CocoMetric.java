package dev.fern.cocoeval;

/** The twelve numbers of a COCO evaluation, in pycocotools' order. */
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
    /** Average recall of small objects. */
    AR_SMALL("ARs", false, null, "small"),
    /** Average recall of medium objects. */
    AR_MEDIUM("ARm", false, null, "medium"),
    /** Average recall of large objects. */
    AR_LARGE("ARl", false, null, "large");

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
     * {@return the usual name: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm or ARl}
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
