package dev.fern.cocoeval;

/**
 * Areas in square pixels, both ends included.
 *
 * @param least the smallest area
 * @param most the largest area
 */
public record AreaRange(double least, double most) {
    /** Whether an area lies outside; NaN lies in every range, as in pycocotools. */
    boolean excludes(double area) {
        return area < least || area > most;
    }
}
