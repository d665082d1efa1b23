package dev.fern.detection.data;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An annotation file with the folder of its images.
 *
 * @param annotations what the file holds
 * @param file the annotation file
 * @param images the folder
 */
public record AnnotatedFolder(CocoDataset annotations, Path file, ImageFolder images)
        implements LabelledSource {

    /**
     * Reads an annotation file.
     *
     * @param file COCO instances file, plain or gzip
     * @param folder of the images
     * @return both
     * @throws IOException naming the file and record that can't be used, or if there is no such
     *     folder
     */
    public static AnnotatedFolder read(Path file, Path folder) throws IOException {
        return new AnnotatedFolder(CocoDataset.read(file), file, new ImageFolder(folder));
    }

    @Override
    public String name() {
        return file.toString();
    }

    /** {@return the folder of the images} */
    public Path folder() {
        return images.root();
    }

    @Override
    public ImageSource image(CocoImage image) throws ImageReadException {
        return ImageSource.of(images.resolve(image.fileName()));
    }

    @Override
    public Optional<String> note() {
        return images.note();
    }
}
