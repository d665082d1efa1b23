package dev.fern.detection.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Knows images by their first bytes. */
public final class ImageSignature {

    private ImageSignature() {}

    /**
     * Returns the format of an image file, whatever its name.
     *
     * @param file a file
     * @return the format that the first bytes show; nothing if the file is missing, empty or none
     *     of the formats that are read
     * @throws IOException if the file can't be read
     */
    public static Optional<ImageFormat> of(Path file) throws IOException {
        try (FileWindow window = FileWindow.open(file)) {
            return Optional.of(ImageFormat.of(window));
        } catch (ImageReadException e) {
            return Optional.empty();
        }
    }
}
