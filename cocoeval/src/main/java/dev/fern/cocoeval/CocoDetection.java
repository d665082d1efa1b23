package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One detected box.
 *
 * @param imageId the image it was found on
 * @param categoryId its category
 * @param box xywh in pixels
 * @param score the detector's confidence; for the twelve numbers only its order counts
 */
public record CocoDetection(long imageId, long categoryId, Box box, double score) {
    /**
     * Takes all numbers as they are.
     *
     * @param imageId the id of a {@link CocoImage}
     * @param categoryId the id of a {@link CocoCategory}
     * @param box not null
     * @param score higher means surer; NaN comes last
     */
    public CocoDetection {
        Objects.requireNonNull(box, "box");
    }
}
