package dev.fern.cocoeval.analysis;

import java.util.List;

/**
 * Where average precision is lost, by TIDE (Bolya et al., "TIDE: A General Toolbox for Identifying
 * Object Detection Errors", ECCV 2020).
 *
 * @param averagePrecision the mean AP of all categories at the IoU threshold, 0 to 1; -1 without
 *     objects to find
 * @param errors one for each kind, in the order of {@link Kind}
 * @param falsePositiveDeltaAp how much AP would be won if no detection were wrong
 * @param falseNegativeDeltaAp how much AP would be won if no object were missed
 */
public record TideErrors(
        double averagePrecision,
        List<TideError> errors,
        double falsePositiveDeltaAp,
        double falseNegativeDeltaAp) {
    public TideErrors {
        errors = List.copyOf(errors);
    }

    /**
     * One kind of error.
     *
     * @param count how many detections, or missed objects, are of this kind
     * @param deltaAp how much AP would be won if this kind alone were mended, 0 to 1
     */
    public record TideError(Kind kind, int count, double deltaAp) {}

    /** The error of one kind. */
    public TideError of(Kind kind) {
        return errors.get(kind.ordinal());
    }

    /** The six kinds of error of TIDE (Bolya et al., ECCV 2020, section 2.2). */
    public enum Kind {
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
}
