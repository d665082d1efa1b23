package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.ObjectKeypointSimilarity;
import dev.fern.cocoeval.mask.BoxedMask;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import java.util.Arrays;

/**
 * How much detections and truths of one image overlap: pycocotools' {@code computeIoU} and {@code
 * computeOks}. For one thread at a time.
 */
interface Overlaps {
    /**
     * Computes all overlaps of an image.
     *
     * @param truths positions of annotations; those of [firstTruth, endTruth) are compared
     * @param detections positions of detections; those of [first, first + count) are compared
     * @param overlaps [count, endTruth - firstTruth], to be filled
     * @throws CocoFormatException on records over which pycocotools would stumble
     */
    void compute(
            int[] truths,
            int firstTruth,
            int endTruth,
            int[] detections,
            int first,
            int count,
            double[] overlaps)
            throws CocoFormatException;

    static Overlaps of(EvaluationInput input) {
        return switch (input.parameters().iouType()) {
            case BOX -> new OfBoxes(input);
            case SEGM -> new OfMasks(input);
            case KEYPOINTS -> new OfKeypoints(input);
        };
    }

    /** Intersection over union of boxes. */
    final class OfBoxes implements Overlaps {
        private final EvaluationInput input;
        private final double[] boxes;

        OfBoxes(EvaluationInput input) {
            this.input = input;
            boxes = input.results().boxes();
        }

        @Override
        public void compute(
                int[] truths,
                int firstTruth,
                int endTruth,
                int[] detections,
                int first,
                int count,
                double[] overlaps) {
            int at = 0;
            for (int d = first; d < first + count; d++) {
                int box = 4 * detections[d];
                for (int g = firstTruth; g < endTruth; g++) {
                    int truth = truths[g];
                    overlaps[at++] =
                            BoxOverlap.iou(
                                    boxes,
                                    box,
                                    input.truthBoxes(),
                                    4 * truth,
                                    input.isCrowd(truth));
                }
            }
        }
    }

    /** Intersection over union of masks, which are drawn for one image and then let go. */
    final class OfMasks implements Overlaps {
        private final EvaluationInput input;
        private final double[] box = new double[4];

        OfMasks(EvaluationInput input) {
            this.input = input;
        }

        @Override
        public void compute(
                int[] truths,
                int firstTruth,
                int endTruth,
                int[] detections,
                int first,
                int count,
                double[] overlaps)
                throws CocoFormatException {
            BoxedMask[] masks = new BoxedMask[endTruth - firstTruth];
            for (int g = 0; g < masks.length; g++) {
                masks[g] = truth(truths[firstTruth + g]);
            }
            int at = 0;
            for (int d = first; d < first + count; d++) {
                if (isFar(detections[d], masks)) {
                    Arrays.fill(overlaps, at, at + masks.length, 0);
                    at += masks.length;
                    continue;
                }
                BoxedMask mask = detection(detections[d]);
                for (int g = 0; g < masks.length; g++) {
                    boolean crowd = input.isCrowd(truths[firstTruth + g]);
                    try {
                        overlaps[at++] = mask.overlap(masks[g], crowd);
                    } catch (IllegalArgumentException e) {
                        throw fault(detections[d], e);
                    }
                }
            }
        }

        /** Whether the box of a detection's mask is known and meets that of no truth. */
        private boolean isFar(int detection, BoxedMask[] masks) {
            if (!input.results().shapes().isMeasured(detection)) {
                return false;
            }
            System.arraycopy(input.results().boxes(), 4 * detection, box, 0, 4);
            for (BoxedMask mask : masks) {
                if (mask.boxMeets(box)) {
                    return false;
                }
            }
            return true;
        }

        private BoxedMask truth(int annotation) throws CocoFormatException {
            CocoImage image = input.imageOf(input.annotationImages()[annotation]);
            Segmentation mask = input.dataset().shapes().mask(annotation);
            try {
                return new BoxedMask(mask.draw(image.height(), image.width()));
            } catch (IllegalArgumentException e) {
                throw input.refusals().truth(annotation, ".segmentation", e.getMessage());
            }
        }

        private BoxedMask detection(int detection) throws CocoFormatException {
            CocoImage image = input.imageOf(input.detectionImages()[detection]);
            Segmentation mask = input.results().shapes().mask(detection);
            try {
                Rle drawn =
                        mask == null
                                ? input.results()
                                        .rectangle(detection, image.height(), image.width())
                                : mask.draw(image.height(), image.width());
                return new BoxedMask(drawn);
            } catch (IllegalArgumentException e) {
                throw fault(detection, e);
            }
        }

        private CocoFormatException fault(int detection, IllegalArgumentException e) {
            return input.refusals().detection(detection, ".segmentation", e.getMessage());
        }
    }

    /** Object keypoint similarity. */
    final class OfKeypoints implements Overlaps {
        private final EvaluationInput input;
        private final ObjectKeypointSimilarity similarity;

        OfKeypoints(EvaluationInput input) {
            this.input = input;
            similarity = new ObjectKeypointSimilarity(input.parameters().sigmas());
        }

        @Override
        public void compute(
                int[] truths,
                int firstTruth,
                int endTruth,
                int[] detections,
                int first,
                int count,
                double[] overlaps)
                throws CocoFormatException {
            for (int g = firstTruth; g < endTruth; g++) {
                input.refusals().requireKeypoints(truths[g]);
            }
            int at = 0;
            for (int d = first; d < first + count; d++) {
                int detection = detections[d];
                input.refusals().requireDetectionKeypoints(detection);
                for (int g = firstTruth; g < endTruth; g++) {
                    overlaps[at++] = similarity(detection, truths[g]);
                }
            }
        }

        private double similarity(int detection, int truth) throws CocoFormatException {
            double[] box = new double[4];
            System.arraycopy(input.truthBoxes(), 4 * truth, box, 0, 4);
            try {
                return similarity.of(
                        input.results().shapes().keypoints(detection),
                        input.dataset().shapes().keypoints(truth),
                        box,
                        input.truthArea(truth));
            } catch (IllegalArgumentException e) {
                throw input.refusals().detection(detection, ".keypoints", e.getMessage());
            }
        }
    }
}
