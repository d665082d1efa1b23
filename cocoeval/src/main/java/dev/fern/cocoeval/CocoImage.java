package dev.fern.cocoeval;

import java.util.Objects;

/**
 * One entry of {@code images}.
 *
 * @param id the image's id
 * @param fileName relative to the image folder, empty where the file gives none
 * @param width in pixels, 0 where the file gives none
 * @param height in pixels, 0 where the file gives none
 */
public record CocoImage(long id, String fileName, int width, int height) {
    public CocoImage {
        Objects.requireNonNull(fileName, "fileName");
    }
}
