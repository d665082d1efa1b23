package dev.fern.cocoeval.analysis;

/** The six kinds of error of TIDE (Bolya et al., ECCV 2020, section 2.2). */
public enum TideErrorKind {
    /** Well placed on an object of another category. */
    CLASSIFICATION,
    /** On an object of its category, but badly placed. */
    LOCALISATION,
    /** Badly placed on an object of another category. */
    BOTH,
    /** Well placed on an object of its category that a better detection has found. */
    DUPLICATE,
    /** On no object. */
    BACKGROUND,
    /** An object that nothing has found, nor would have with its category or place mended. */
    MISSED
}
