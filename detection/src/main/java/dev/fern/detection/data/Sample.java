package dev.fern.detection.data;

import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import java.nio.file.Path;

/**
 * One image of a data set with its targets. The arrays are shared and must not be written to.
 *
 * @param imageId the image's id in the data set
 * @param image where the image's bytes are
 * @param size in pixels, as the data set gives it
 * @param boxes [n * 4], x1 y1 x2 y2 of each target in image pixels, within the image, of positive
 *     area
 * @param labels [n], the category's index from 0; there is no label for background
 */
public record Sample(long imageId, ImageSource image, ImageSize size, float[] boxes, int[] labels) {

    /**
     * Checks that there is a label for each box.
     *
     * @param imageId the image's id in the data set
     * @param image where the image's bytes are
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

    /**
     * {@return the image's file}
     *
     * @throws IllegalStateException if its bytes come from elsewhere
     */
    public Path path() {
        if (image instanceof ImageSource.File file) {
            return file.path();
        }
        throw new IllegalStateException(image.name() + " is no file");
    }

    Sample withSize(ImageSize other) {
        return new Sample(imageId, image, other, boxes, labels);
    }

    Sample withLabels(int[] others) {
        return new Sample(imageId, image, size, boxes, others);
    }
}
