package dev.fern.cocoeval;

/** What a detection counts as at one IoU threshold. */
public enum Outcome {
    /** It found an object. */
    TRUE_POSITIVE,
    /** It found nothing, or an object that a better detection had found already. */
    FALSE_POSITIVE,
    /** Neither right nor wrong: it lies on a crowd or another truth that is not to be counted. */
    IGNORED
}
