package dev.fern.detection.data;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.util.Optional;

/**
 * Labelled images to train or evaluate on, wherever a program keeps them. {@link LabelledRows}
 * makes one of rows, as a database has them; {@link AnnotatedFolder} is one of files. {@link
 * LabelledImages#open(LabelledSource)} opens it.
 */
public interface LabelledSource {

    /** {@return what messages call the whole of it, such as the path of an annotation file} */
    String name();

    /**
     * {@return the images, the categories and the boxes, the same at every call. An image whose
     * width and height are 0 has the size that its bytes tell}
     */
    CocoDataset annotations();

    /**
     * Returns where the bytes of an image are.
     *
     * @param image one of the annotations
     * @return where they are, to be read later
     * @throws IOException if the image can't be there, as when its file name leads out of its
     *     folder
     */
    ImageSource image(CocoImage image) throws IOException;

    /** {@return what the user should know once all images were asked for; empty for nothing} */
    default Optional<String> note() {
        return Optional.empty();
    }
}
