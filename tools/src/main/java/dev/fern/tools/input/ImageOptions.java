package dev.fern.tools.input;

import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The options that say how image files are read. */
@OptionSection(Section.DATA)
public final class ImageOptions {

    @Option(
            names = "--orientation",
            paramLabel = "WHICH",
            defaultValue = "auto",
            description =
                    "How pictures with an EXIF orientation are read: upright, as viewers show them;"
                            + " stored, with the pixels as they are in the file; or auto, the one"
                            + " that the annotations' width and height fit, and upright where both"
                            + " do. Default: ${DEFAULT-VALUE}.")
    private ImageOrientation orientation;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            defaultValue = "" + ImageReader.DEFAULT_MAX_PIXELS,
            description =
                    "Largest number of pixels of an image; one with more is refused before it is"
                            + " decoded, as it may be a small file that unfolds to gigabytes. Default:"
                            + " ${DEFAULT-VALUE}.")
    private long maxPixels;

    /**
     * Makes the reader.
     *
     * @return what reads the files
     * @throws BadInputException if the largest number of pixels is out of range
     */
    public ImageReader reader() throws BadInputException {
        try {
            return new ImageReader(maxPixels, orientation);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(
                    "--max-pixels must be 1 to 1073741824, not " + maxPixels, e);
        }
    }

    /** {@return whether the orientation is the default one} */
    public boolean hasDefaultOrientation() {
        return orientation == ImageOrientation.AUTO;
    }

    /** {@return the orientation as the option takes it} */
    public String orientation() {
        return orientation.toString();
    }

    /** {@return the options as another command takes them} */
    public Stream<String> arguments() {
        return Stream.of("--orientation=" + orientation(), "--max-pixels=" + maxPixels);
    }
}
