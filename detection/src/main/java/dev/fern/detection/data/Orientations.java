package dev.fern.detection.data;

import java.util.Collections;
import java.util.List;

/**
 * What is done about the EXIF orientations of the files that have one.
 *
 * @param upright number of images that are turned upright, the undecided ones among them
 * @param stored number of images whose pixels are taken as stored
 * @param undecided number of images that are turned upright although neither their size nor their
 *     boxes tell which way is meant
 */
public record Orientations(int upright, int stored, int undecided) {

    /**
     * Counts what is done to images.
     *
     * @param turns of the images
     * @return the counts
     */
    public static Orientations of(List<ImageSizing.Turn> turns) {
        int undecided = Collections.frequency(turns, ImageSizing.Turn.UNDECIDED);
        return new Orientations(
                undecided + Collections.frequency(turns, ImageSizing.Turn.UPRIGHT),
                Collections.frequency(turns, ImageSizing.Turn.STORED),
                undecided);
    }

    /**
     * Says what is done about the orientations.
     *
     * @param kind what the images are, such as "training images"
     * @return one line; empty if no image has an orientation
     */
    public String text(String kind) {
        if (total() == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        "%d %s have an EXIF orientation: %d turned upright, %d taken as stored",
                        total(), kind, upright(), stored()));
        if (undecided() > 0) {
            text.append(
                    String.format(
                            "; for %d turned ones the annotations fit both ways"
                                    + " (--orientation stored if their boxes belong to the pixels as"
                                    + " stored)",
                            undecided()));
        }
        return text.toString();
    }

    /** {@return the number of images with an EXIF orientation} */
    public int total() {
        return upright + stored;
    }
}
