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

    /** {@return the number of images with an EXIF orientation} */
    public int total() {
        return upright + stored;
    }
}
