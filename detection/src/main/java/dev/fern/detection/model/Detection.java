package dev.fern.detection.model;

import dev.fern.cocoeval.Box;
import java.util.Locale;

/**
 * An object that a detector found.
 *
 * @param x1 left edge of its box in image pixels
 * @param y1 top edge in image pixels
 * @param x2 right edge in image pixels
 * @param y2 bottom edge in image pixels
 * @param category index of its category in the model's list, from 0
 * @param categoryId the id of its category
 * @param categoryName the name of its category
 * @param score confidence, 0 to 1
 */
public record Detection(
        float x1,
        float y1,
        float x2,
        float y2,
        int category,
        long categoryId,
        String categoryName,
        float score) {

    /** {@return the box as COCO files have it: left, top, width and height in image pixels} */
    public Box box() {
        return new Box(x1, y1, (double) x2 - x1, (double) y2 - y1);
    }

    /** {@return the same object in an image that has more columns on the left and rows on top} */
    Detection moved(int columns, int rows) {
        return new Detection(
                x1 + columns,
                y1 + rows,
                x2 + columns,
                y2 + rows,
                category,
                categoryId,
                categoryName,
                score);
    }

    /** {@return name, score and box, such as {@code cat 0.93: x 12.5 to 80.0, y 4.0 to 61.2}} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s %.2f: x %.1f to %.1f, y %.1f to %.1f",
                categoryName,
                score,
                x1,
                x2,
                y1,
                y2);
    }
}
