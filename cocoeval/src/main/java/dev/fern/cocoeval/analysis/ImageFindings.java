package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong on one image, be it the detector's fault or the labels'. Only detections of at
 * least the score threshold count, except in {@code unsupported}. Lists of detections go by falling
 * score.
 *
 * @param matching all that was matched on the image
 * @param wrong detections that are wrong, for whatever reason
 * @param missed objects that no detection of their category found
 * @param duplicates wrong detections on an object that a better detection found
 * @param likelyWrongLabels wrong detections that lie well on a missed object of another category:
 *     detector and label disagree on what it is
 * @param likelyMissingLabels wrong detections that overlap no annotation of any category as much as
 *     the background IoU: perhaps an object that nobody labelled
 * @param unsupported missed objects on which no detection of any category and score lies well:
 *     perhaps not objects at all
 */
public record ImageFindings(
        ImageMatching matching,
        List<MatchedDetection> wrong,
        List<MatchedTruth> missed,
        List<DetectionOnTruth> duplicates,
        List<DetectionOnTruth> likelyWrongLabels,
        List<MatchedDetection> likelyMissingLabels,
        List<MatchedTruth> unsupported) {
    /**
     * Copies the lists.
     *
     * @param matching not null
     * @param wrong not null
     * @param missed not null
     * @param duplicates a part of {@code wrong}
     * @param likelyWrongLabels a part of {@code wrong}
     * @param likelyMissingLabels a part of {@code wrong}
     * @param unsupported a part of {@code missed}
     */
    public ImageFindings {
        wrong = List.copyOf(wrong);
        missed = List.copyOf(missed);
        duplicates = List.copyOf(duplicates);
        likelyWrongLabels = List.copyOf(likelyWrongLabels);
        likelyMissingLabels = List.copyOf(likelyMissingLabels);
        unsupported = List.copyOf(unsupported);
    }

    /** {@return the image; if the data set does not list it, without file name and size} */
    public CocoImage image() {
        return matching.image();
    }

    /** {@return the number of wrong detections and missed objects together} */
    public int faults() {
        return wrong.size() + missed.size();
    }

    static ImageFindings of(
            ImageMatching image, double iouThreshold, double backgroundIou, double scoreThreshold) {
        List<MatchedDetection> wrong =
                image.detections().stream()
                        .filter(MatchedDetection::isWrong)
                        .filter(detection -> detection.score() >= scoreThreshold)
                        .toList();
        List<MatchedTruth> missed =
                image.truths().stream()
                        .filter(truth -> image.isMissed(truth, scoreThreshold))
                        .toList();
        List<DetectionOnTruth> duplicates = new ArrayList<>();
        List<DetectionOnTruth> wrongLabels = new ArrayList<>();
        List<MatchedDetection> missingLabels = new ArrayList<>();
        for (MatchedDetection detection : wrong) {
            DetectionError error = DetectionError.of(image, detection, iouThreshold, backgroundIou);
            if (error.same().iou() >= iouThreshold) {
                duplicates.add(onTruth(image, detection, error.same()));
            } else if (error.deniesLabel()
                    && image.isMissed(image.truths().get(error.other().truth()), scoreThreshold)) {
                wrongLabels.add(onTruth(image, detection, error.other()));
            }
            if (error.isAlone()) {
                missingLabels.add(detection);
            }
        }
        return new ImageFindings(
                image,
                wrong,
                missed,
                duplicates,
                wrongLabels,
                missingLabels,
                missed.stream()
                        .filter(truth -> isUnsupported(image, truth, iouThreshold))
                        .toList());
    }

    private static DetectionOnTruth onTruth(
            ImageMatching image, MatchedDetection detection, BestTruth best) {
        return new DetectionOnTruth(detection, image.truths().get(best.truth()), best.iou());
    }

    /**
     * Tells whether no detection of any category and score lies well on an object.
     *
     * @param image the image
     * @param truth one of its objects
     * @param iouThreshold the least IoU of a detection that lies well
     * @return whether no detection supports the label
     */
    public static boolean isUnsupported(
            ImageMatching image, MatchedTruth truth, double iouThreshold) {
        return image.detections().stream()
                .allMatch(detection -> image.overlap(detection, truth) < iouThreshold);
    }

    /**
     * A detection and the object that it lies on.
     *
     * @param detection a wrong detection
     * @param truth an object that has to be found
     * @param iou their intersection over union, 0 to 1
     */
    public record DetectionOnTruth(MatchedDetection detection, MatchedTruth truth, double iou) {}
}
