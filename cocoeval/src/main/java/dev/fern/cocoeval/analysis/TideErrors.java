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
    /**
     * Copies the list.
     *
     * @param averagePrecision -1 if undefined
     * @param errors all kinds, in the order of {@link Kind}
     * @param falsePositiveDeltaAp a difference of two APs
     * @param falseNegativeDeltaAp a difference of two APs
     */
    public TideErrors {
        errors = List.copyOf(errors);
    }

    /**
     * What one kind of error costs.
     *
     * @param kind the kind
     * @param count how many detections, or missed objects, are of this kind
     * @param deltaAp how much AP would be won if this kind alone were mended, 0 to 1
     */
    public record TideError(Kind kind, int count, double deltaAp) {}

    /**
     * Finds what one kind of error costs.
     *
     * @param kind any of the six
     * @return its entry in {@link #errors}
     */
    public TideError of(Kind kind) {
        return errors.get(kind.ordinal());
    }

    /** The six kinds of error of TIDE (Bolya et al., ECCV 2020, section 2.2). */
    public enum Kind {
        /** A detection that lies well on an object of another category. */
        CLASSIFICATION,
        /** A detection that lies badly on an object of its category. */
        LOCALISATION,
        /** A detection that lies badly on an object of another category. */
        BOTH,
        /** A detection that lies well on an object of its category which a better one has found. */
        DUPLICATE,
        /** A detection that lies on no object. */
        BACKGROUND,
        /** An object that no detection has found, even with categories and places mended. */
        MISSED
    }
}
