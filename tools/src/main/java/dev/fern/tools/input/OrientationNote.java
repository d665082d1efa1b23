package dev.fern.tools.input;

import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Orientations;

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
        String text = text(kind, images.orientations());
        if (!text.isEmpty()) {
            System.err.println(text);
        }
    }

    /**
     * Returns the line.
     *
     * @param kind what the images are, such as "training images"
     * @param orientations of the images
     * @return the line; empty if no image has an orientation
     */
    public static String text(String kind, Orientations orientations) {
        if (orientations.total() == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        "%d %s have an EXIF orientation: %d turned upright, %d taken as stored",
                        orientations.total(), kind, orientations.upright(), orientations.stored()));
        if (orientations.undecided() > 0) {
            text.append(
                    String.format(
                            "; for %d turned ones the annotations fit both ways"
                                    + " (--orientation stored if their boxes belong to the pixels as"
                                    + " stored)",
                            orientations.undecided()));
        }
        return text.toString();
    }
}
