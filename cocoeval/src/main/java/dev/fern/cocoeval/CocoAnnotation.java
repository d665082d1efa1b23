package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One object of an image.
 *
 * @param id the annotation's id
 * @param imageId the image it lies on
 * @param categoryId its category
 * @param box xywh in pixels
 * @param area in square pixels; in COCO that of the segmentation, so often less than the box's. The
 *     evaluator's area ranges go by it
 * @param crowd whether the box stands for a group of objects ({@code iscrowd})
 */
public record CocoAnnotation(
        long id, long imageId, long categoryId, Box box, double area, boolean crowd) {
    public CocoAnnotation {
        Objects.requireNonNull(box, "box");
    }
}
