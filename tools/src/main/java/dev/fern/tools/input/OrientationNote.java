package dev.fern.tools.input;

import dev.fern.detection.data.DetectionDataset;

/** Says on standard error what was done about the EXIF orientations of a data set's images. */
public final class OrientationNote {

    private OrientationNote() {}

    /**
     * Prints a line if any image has an orientation.
     *
     * @param kind what the images are, such as "training images"
     * @param images the data set
     */
    public static void print(String kind, DetectionDataset images) {
        String text = images.orientations().text(kind);
        if (!text.isEmpty()) {
            System.err.println(text);
        }
    }
}
