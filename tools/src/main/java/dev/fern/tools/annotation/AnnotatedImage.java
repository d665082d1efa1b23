package dev.fern.tools.annotation;

import dev.fern.detection.image.ImageSize;
import java.util.List;
import java.util.Optional;

/**
 * One image with its objects.
 *
 * @param fileName relative to the image folder, with slashes
 * @param size of the upright image; empty where the format does not tell it
 * @param objects in the order of the file
 */
public record AnnotatedImage(
        String fileName, Optional<ImageSize> size, List<AnnotatedObject> objects) {

    /**
     * Copies the list.
     *
     * @param fileName not empty
     * @param size in pixels, if it is known
     * @param objects none for an image that is all background
     */
    public AnnotatedImage {
        objects = List.copyOf(objects);
    }
}
