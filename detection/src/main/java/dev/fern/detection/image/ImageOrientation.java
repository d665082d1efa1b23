package dev.fern.detection.image;

import java.util.Locale;

/**
 * How a picture lies whose file has an EXIF orientation, as photographs of telephones do: with its
 * pixels as they are stored, or turned and mirrored upright, as viewers show it. Boxes are
 * coordinates in one of the two.
 */
public enum ImageOrientation {
    /**
     * The one that has the size that the annotations give; upright where both have it or no size is
     * given.
     */
    AUTO,
    /** Upright, as viewers and most tools for annotation show pictures. */
    UPRIGHT,
    /** The pixels as they are stored. */
    STORED;

    /**
     * Finds an orientation by its name.
     *
     * @param name auto, upright or stored
     * @return the orientation
     * @throws IllegalArgumentException if there is none of this name
     */
    public static ImageOrientation parse(String name) {
        for (ImageOrientation orientation : values()) {
            if (orientation.toString().equals(name)) {
                return orientation;
            }
        }
        throw new IllegalArgumentException(
                "an orientation is auto, upright or stored, not " + name);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
