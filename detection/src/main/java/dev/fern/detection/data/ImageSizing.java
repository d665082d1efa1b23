package dev.fern.detection.data;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageHeader;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.util.List;

/**
 * The size of an image of a data set, in which its boxes are given, and what it says about the EXIF
 * orientation of the file.
 *
 * @param size in pixels
 * @param turn what is done about the orientation
 */
public record ImageSizing(ImageSize size, Turn turn) {

    /** What is done about an EXIF orientation. */
    public enum Turn {
        /** The file has none. */
        NONE,
        /** The picture is turned upright. */
        UPRIGHT,
        /** The pixels are taken as stored. */
        STORED,
        /** The picture is turned upright for lack of anything that tells. */
        UNDECIDED
    }

    /**
     * Settles the size from the header of the file. Where the orientation is to be found out, it is
     * the one in which the picture has the annotations' width and height. The boxes decide where
     * these are missing, and where most boxes leave the picture that the width and height tell of
     * but all lie within the other one.
     *
     * @param image the annotations' image; a width or height below 1 counts as missing
     * @param annotations of the image
     * @param source where the bytes of the image are
     * @param reader that will read the pixels
     * @return the size
     * @throws ImageReadException if the file can't be used or has another size
     * @throws IOException if it can't be read
     */
    public static ImageSizing of(
            CocoImage image,
            List<CocoAnnotation> annotations,
            ImageSource source,
            ImageReader reader)
            throws IOException {
        ImageHeader header = reader.header(source);
        boolean given = image.width() > 0 && image.height() > 0;
        ImageSize told = given ? new ImageSize(image.width(), image.height()) : null;
        ImageSize upright = header.uprightSize();
        ImageSize stored = header.storedSize();
        if (reader.orientation() != ImageOrientation.AUTO || header.orientation() == 1) {
            ImageSize size = reader.orientation() == ImageOrientation.STORED ? stored : upright;
            return new ImageSizing(
                    required(source, reader, header, size, told), turn(reader, header));
        }
        if (upright.equals(stored)) {
            return new ImageSizing(required(source, reader, header, upright, told), Turn.UNDECIDED);
        }
        ImageSize likely = stored.equals(told) ? stored : upright;
        required(source, reader, header, likely, told);
        ImageSize other = likely == stored ? upright : stored;
        int outside = outside(annotations, likely);
        int otherOutside = outside(annotations, other);
        if (2 * outside > annotations.size() && otherOutside == 0) {
            return new ImageSizing(other, other == stored ? Turn.STORED : Turn.UPRIGHT);
        }
        if (told == null && otherOutside == 0) {
            return new ImageSizing(likely, Turn.UNDECIDED);
        }
        return new ImageSizing(likely, likely == stored ? Turn.STORED : Turn.UPRIGHT);
    }

    private static ImageSize required(
            ImageSource source,
            ImageReader reader,
            ImageHeader header,
            ImageSize actual,
            ImageSize told)
            throws ImageReadException {
        if (told != null && !told.equals(actual)) {
            throw new ImageReadException(source, reader.otherSize(header, told));
        }
        return actual;
    }

    private static Turn turn(ImageReader reader, ImageHeader header) {
        if (header.orientation() == 1) {
            return Turn.NONE;
        }
        return reader.orientation() == ImageOrientation.STORED ? Turn.STORED : Turn.UPRIGHT;
    }

    /** Returns the number of boxes that reach out of a picture by more than a pixel. */
    private static int outside(List<CocoAnnotation> annotations, ImageSize size) {
        int outside = 0;
        for (CocoAnnotation annotation : annotations) {
            Box box = annotation.box();
            if (box.x2() > size.width() + 1 || box.y2() > size.height() + 1) {
                outside++;
            }
        }
        return outside;
    }
}
