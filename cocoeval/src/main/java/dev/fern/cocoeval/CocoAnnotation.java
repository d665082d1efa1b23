package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One object of an image.
 *
 * @param id the annotation's id
 * @param imageId the image it lies on
 * @param categoryId its category
 * @param box xywh in pixels
 * @param area in square pixels; in COCO the area of the segmentation, so often less than the box's.
 *     The evaluator's area ranges go by it
 * @param crowd whether the box stands for a group of objects ({@code iscrowd})
 */
public record CocoAnnotation(
        long id, long imageId, long categoryId, Box box, double area, boolean crowd) {
    /**
     * Takes all numbers as they are; {@link CocoValidator} judges them.
     *
     * @param id unique in a sound data set
     * @param imageId the id of a {@link CocoImage}
     * @param categoryId the id of a {@link CocoCategory}
     * @param box not null
     * @param area finite and not negative in a sound data set
     * @param crowd {@code iscrowd} as a truth value
     */
    public CocoAnnotation {
        Objects.requireNonNull(box, "box");
    }
}
