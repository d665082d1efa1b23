package dev.fern.tools.detect;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detection;
import dev.fern.tools.annotation.FileNames;
import java.io.IOException;
import java.util.List;

/**
 * What was found in an image or in a frame of a video.
 *
 * @param id the image's id in results, a number or a string
 * @param name of the file in results, with slashes
 * @param stem relative path, without extension, for files about the image; no two images share it
 * @param frame number of the frame in its video, from 1; 0 for an image
 * @param size in pixels
 * @param detections by falling score
 * @param pixels opens the image
 */
public record DetectedImage(
        JsonElement id,
        String name,
        String stem,
        long frame,
        ImageSize size,
        List<Detection> detections,
        Pixels pixels) {

    /** Opens the image in which something was found. */
    @FunctionalInterface
    public interface Pixels {
        /**
         * Opens the image.
         *
         * @return the image, which the caller closes and may draw on
         * @throws IOException if it can't be read
         */
        BgrImage open() throws IOException;
    }

    /**
     * Returns what was found in an image of a data set, under the name of its file.
     *
     * @param sample the image
     * @param detections by falling score
     * @param reader opens the file
     * @return the image with what was found
     */
    public static DetectedImage of(Sample sample, List<Detection> detections, ImageReader reader) {
        String name = sample.path().getFileName().toString();
        return new DetectedImage(
                new JsonPrimitive(sample.imageId()),
                name,
                FileNames.withoutExtension(name),
                0,
                sample.size(),
                detections,
                () -> reader.read(sample.path()));
    }
}
