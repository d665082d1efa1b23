package dev.fern.cocoeval;

import dev.fern.cocoeval.CocoDataset.AnnotationFlaw;
import dev.fern.cocoeval.CocoDataset.SizeFlaw;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.Unusable;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.Polygons;
import dev.fern.cocoeval.mask.Segmentation.Refused;

/** Refuses the records over which pycocotools would stumble, once it comes to use them. */
final class Refusals {
    private final CocoDataset dataset;
    private final CocoResults results;
    private final IouType type;

    Refusals(CocoDataset dataset, CocoResults results, IouType type) {
        this.dataset = dataset;
        this.results = results;
        this.type = type;
    }

    String datasetName() {
        return dataset.source() == null ? "the data set" : dataset.source().file();
    }

    String resultsName() {
        return results.file() == null ? "the results" : results.file();
    }

    // What pycocotools prepares before it compares anything

    /** Refuses an annotation that can't be prepared, whatever it is compared with. */
    void requirePrepared(int annotation) throws CocoFormatException {
        if (type == IouType.SEGM) {
            long image = dataset.annotations().get(annotation).imageId();
            Segmentation mask = dataset.shapes().mask(annotation);
            requireSize(image, mask instanceof Polygons, "annotations", annotation);
            if (mask == null) {
                throw truth(annotation, "", "has no segmentation");
            }
            refuse(mask, false, datasetName());
        } else if (type == IouType.KEYPOINTS) {
            AnnotationFlaw flaw = dataset.flaws().get(annotation);
            if (flaw != null) {
                refuse(flaw.labels());
            }
        }
    }

    /** Whether there is nothing to refuse in {@link #requireDetectionPrepared}. */
    boolean detectionsArePrepared() {
        return type != IouType.SEGM
                || results.shapes().isFlawless()
                        && (dataset.source() == null || dataset.source().sizeFlaws().isEmpty());
    }

    /** Refuses a detection of a mask that can't be prepared, whatever it is compared with. */
    void requireDetectionPrepared(int detection) throws CocoFormatException {
        Segmentation mask = results.shapes().mask(detection);
        boolean rectangle = mask == null && results.hasBoxes();
        long image = results.idIn(dataset, results.imageId(detection));
        requireSize(image, rectangle || mask instanceof Polygons, "", detection);
        if (mask == null && !rectangle) {
            throw detection(detection, "", "has no segmentation");
        }
        if (mask != null) {
            refuse(mask, false, resultsName());
        }
    }

    private void requireSize(long image, boolean drawn, String section, int record)
            throws CocoFormatException {
        if (dataset.image(image).isEmpty()) {
            throw new CocoFormatException(
                    section.isEmpty() ? resultsName() : datasetName(),
                    section + "[" + record + "].image_id",
                    -1,
                    dataset.idText(image) + " is not listed, so that its size is not known");
        }
        if (dataset.source() == null) {
            return;
        }
        SizeFlaw flaw = dataset.source().sizeFlaws().get(image);
        if (flaw != null && (drawn || flaw.missing() && !dataset.source().lenient())) {
            refuse(flaw.problem());
        }
    }

    private static void refuse(Segmentation mask, boolean compared, String file)
            throws CocoFormatException {
        if (mask instanceof Refused refused && (compared || !refused.whenCompared())) {
            throw refused.why().in(file);
        }
    }

    // What it needs of an image that is evaluated

    /** Refuses the annotations of one image. */
    void requireUsable(int[] annotations, int from, int to, boolean[] ignored)
            throws CocoFormatException {
        if (type == IouType.SEGM) {
            for (int i = from; i < to; i++) {
                refuse(dataset.shapes().mask(annotations[i]), true, datasetName());
            }
        }
        if (dataset.flaws().isEmpty()) {
            return;
        }
        for (int i = from; i < to; i++) {
            AnnotationFlaw flaw = dataset.flaws().get(annotations[i]);
            if (flaw != null) {
                if (type == IouType.BOX) {
                    refuse(flaw.box());
                }
                refuse(flaw.crowd());
                if (!ignored[annotations[i]]) {
                    refuse(flaw.area());
                }
            }
        }
    }

    /** Refuses an annotation whose keypoints are compared. */
    void requireKeypoints(int annotation) throws CocoFormatException {
        AnnotationFlaw flaw = dataset.flaws().get(annotation);
        if (flaw != null) {
            refuse(flaw.box());
            refuse(flaw.area());
        }
        var keypoints = dataset.shapes().keypoints(annotation);
        if (keypoints == null) {
            throw truth(annotation, "", "has no keypoints");
        }
        refuse(keypoints.problem().orElse(null), datasetName());
    }

    void requireScores(int[] detections, int from, int to) throws CocoFormatException {
        if (results.hasFlaws()) {
            for (int i = from; i < to; i++) {
                refuseDetection(results.scoreFlaw(detections[i]));
            }
        }
    }

    /** Refuses a detection that maxDets leaves, on whatever it may lie. */
    void requireComparable(int detection) throws CocoFormatException {
        if (type == IouType.SEGM) {
            refuse(results.shapes().mask(detection), true, resultsName());
        } else if (type == IouType.BOX && results.hasFlaws()) {
            refuseDetection(results.boxFlaw(detection));
        }
    }

    /** Refuses a detection whose keypoints are compared. */
    void requireDetectionKeypoints(int detection) throws CocoFormatException {
        var keypoints = results.shapes().keypoints(detection);
        if (keypoints == null) {
            throw detection(detection, "", "has no keypoints");
        }
        refuse(keypoints.problem().orElse(null), resultsName());
    }

    private void refuse(CocoProblem flaw) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(datasetName());
        }
    }

    private void refuseDetection(CocoProblem flaw) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(resultsName());
        }
    }

    private static void refuse(Unusable flaw, String file) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(file);
        }
    }

    /**
     * What refuses an annotation.
     *
     * @param member such as {@code .segmentation}; empty for the record
     */
    CocoFormatException truth(int annotation, String member, String problem) {
        return new CocoFormatException(
                datasetName(),
                "annotations[" + annotation + "]" + member,
                dataset.source() == null ? -1 : dataset.source().annotationOffsets()[annotation],
                problem);
    }

    /** What refuses a detection, as {@link #truth} has it. */
    CocoFormatException detection(int detection, String member, String problem) {
        return new CocoFormatException(resultsName(), "[" + detection + "]" + member, -1, problem);
    }
}
