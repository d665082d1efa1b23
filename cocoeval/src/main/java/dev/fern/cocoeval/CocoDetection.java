package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One detected box.
 *
 * @param imageId the image it was found on
 * @param categoryId its category
 * @param box xywh in pixels
 * @param score the detector's confidence; only its order counts
 */
public record CocoDetection(long imageId, long categoryId, Box box, double score) {
    public CocoDetection {
        Objects.requireNonNull(box, "box");
    }
}
