package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One image: an entry of {@code images}. The evaluator needs its id alone.
 *
 * @param id the image's id
 * @param fileName relative to the image folder, empty where the file gives none
 * @param width in pixels, 0 where the file gives none
 * @param height in pixels, 0 where the file gives none
 */
public record CocoImage(long id, String fileName, int width, int height) {
    /**
     * Makes an entry.
     *
     * @param id unique in a sound data set
     * @param fileName not null
     * @param width 0 if it is not known
     * @param height 0 if it is not known
     */
    public CocoImage {
        Objects.requireNonNull(fileName, "fileName");
    }
}
