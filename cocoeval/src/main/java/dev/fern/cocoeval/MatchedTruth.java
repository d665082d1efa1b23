package dev.fern.cocoeval;

/**
 * An annotated object and what found it.
 *
 * @param annotation the object
 * @param category position in {@link Matching#categories}
 * @param ignored whether it need not be found: a crowd, for one
 * @param detection position in {@link ImageMatching#detections} of the true positive on it, -1 for
 *     none
 */
public record MatchedTruth(
        CocoAnnotation annotation, int category, boolean ignored, int detection) {
    MatchedTruth foundBy(int position) {
        return new MatchedTruth(annotation, category, ignored, position);
    }

    /** Whether it should have been found and was not. */
    public boolean isMissed() {
        return !ignored && detection < 0;
    }
}
