package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoProblem.Severity;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decodes every image of a data set. It reports a file that is missing, unreadable or of another
 * size than the annotations say as an error.
 */
public final class ImageFileCheck {

    private final ImageFolder folder;
    private final ImageReader reader;

    /**
     * Makes a check of a folder's images.
     *
     * @param folder what file names are relative to
     */
    public ImageFileCheck(ImageFolder folder) {
        this.folder = folder;
        this.reader = ImageReader.forDataSets();
    }

    /**
     * Checks all images, several at a time.
     *
     * @param dataset the annotations
     * @param done is run after each image, on any thread
     * @return the problems in the order of the images
     * @throws IOException if a file can't be read through no fault of its own, as when too many are
     *     open
     */
    public List<CocoProblem> check(CocoDataset dataset, Runnable done) throws IOException {
        try {
            return problems(dataset, done);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private List<CocoProblem> problems(CocoDataset dataset, Runnable done) {
        return IntStream.range(0, dataset.images().size())
                .parallel()
                .mapToObj(
                        index -> {
                            CocoImage image = dataset.images().get(index);
                            Optional<String> fault = fault(image);
                            done.run();
                            return fault.map(
                                    message ->
                                            new CocoProblem(
                                                    Severity.ERROR,
                                                    "images["
                                                            + index
                                                            + "] (id "
                                                            + dataset.idText(image.id())
                                                            + ")",
                                                    -1,
                                                    message));
                        })
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<String> fault(CocoImage image) {
        try (BgrImage pixels = reader.read(folder.resolve(image.fileName()))) {
            boolean sizeGiven = image.width() > 0 && image.height() > 0;
            if (sizeGiven
                    && (pixels.width() != image.width() || pixels.height() != image.height())) {
                return Optional.of(
                        String.format(
                                "%s has %d x %d pixels, the annotations say %d x %d",
                                image.fileName(),
                                pixels.width(),
                                pixels.height(),
                                image.width(),
                                image.height()));
            }
            return Optional.empty();
        } catch (ImageReadException e) {
            return Optional.of(e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // no fault of the image
        }
    }
}
