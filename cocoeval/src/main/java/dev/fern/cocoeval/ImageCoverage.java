package dev.fern.cocoeval;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * How many of the images that are evaluated have detections.
 *
 * @param detected images with at least one detection
 * @param evaluated images that are evaluated
 */
public record ImageCoverage(int detected, int evaluated) {

    /** A file with detections in a smaller part of the images has hardly been made from all. */
    private static final double USUAL = 0.9;

    /**
     * Counts the images.
     *
     * @param dataset the annotations
     * @param results detections in its images
     * @param parameters of the evaluation, which may name the images
     * @return the counts
     */
    public static ImageCoverage of(
            CocoDataset dataset, CocoResults results, EvaluationParameters parameters) {
        Set<Long> evaluated = new HashSet<>();
        parameters
                .imgIds()
                .ifPresentOrElse(
                        evaluated::addAll,
                        () -> dataset.images().forEach(image -> evaluated.add(image.id())));
        Set<Long> detected = new HashSet<>();
        for (int i = 0; i < results.size(); i++) {
            detected.add(results.idIn(dataset, results.imageId(i)));
        }
        detected.retainAll(evaluated);
        return new ImageCoverage(detected.size(), evaluated.size());
    }

    /**
     * {@return a line that reads on from the name of the results file, where so few images have
     * detections that the file may be of other or fewer images than the annotations; else nothing}
     */
    public Optional<String> advice() {
        return detected >= USUAL * evaluated
                ? Optional.empty()
                : Optional.of(
                        String.format(
                                "has detections in %d of %d images; every object of the other %d"
                                        + " counts as missed",
                                detected, evaluated, evaluated - detected));
    }
}
