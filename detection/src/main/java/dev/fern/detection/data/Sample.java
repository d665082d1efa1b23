package dev.fern.detection.data;

import dev.fern.detection.image.ImageSize;
import java.nio.file.Path;

/**
 * One image of a data set with its targets. The arrays are shared and must not be written to.
 *
 * @param imageId the image's id in the data set
 * @param path the image's file
 * @param size in pixels, as the data set gives it
 * @param boxes [n * 4], x1 y1 x2 y2 of each target in image pixels, within the image, of positive
 *     area
 * @param labels [n], the category's index from 0; there is no label for background
 */
public record Sample(long imageId, Path path, ImageSize size, float[] boxes, int[] labels) {

    /**
     * Checks that there is a label for each box.
     *
     * @param imageId the image's id in the data set
     * @param path the image's file
     * @param size in pixels
     * @param boxes [n * 4]
     * @param labels [n]
     * @throws IllegalArgumentException if the arrays' lengths disagree
     */
    public Sample {
        if (boxes.length != 4 * labels.length) {
            throw new IllegalArgumentException(
                    boxes.length + " coordinates for " + labels.length + " labels");
        }
    }

    Sample withSize(ImageSize other) {
        return new Sample(imageId, path, other, boxes, labels);
    }

    Sample withLabels(int[] others) {
        return new Sample(imageId, path, size, boxes, others);
    }
}
