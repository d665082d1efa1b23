package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoProblem.Severity;
import dev.fern.detection.data.ImageSizing;
import dev.fern.detection.data.Orientations;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Looks at the file of every image of a data set. A file that is missing, unreadable or of another
 * size than the annotations say is an error.
 *
 * @param folder what file names are relative to
 * @param reader reads the files
 * @param decodes whether the pixels are decoded, and not only the header read
 */
public record ImageFileCheck(ImageFolder folder, ImageReader reader, boolean decodes) {

    /**
     * What the files are found to be.
     *
     * @param problems in the order of the images
     * @param orientations of the images without problems
     */
    public record Result(List<CocoProblem> problems, Orientations orientations) {}

    /** What is done about a file's orientation, or what is wrong with the file. */
    private record Finding(ImageSizing.Turn turn, CocoProblem problem) {}

    /**
     * Checks all images, several at a time.
     *
     * @param dataset the annotations
     * @param done is run after each image, on any thread
     * @return what the files are found to be
     * @throws IOException if a file can't be read through no fault of its own, as when too many are
     *     open
     */
    public Result check(CocoDataset dataset, Runnable done) throws IOException {
        try {
            return result(dataset, done);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Result result(CocoDataset dataset, Runnable done) {
        List<Finding> findings =
                IntStream.range(0, dataset.images().size())
                        .parallel()
                        .mapToObj(
                                index -> {
                                    Finding finding = examine(dataset, index);
                                    done.run();
                                    return finding;
                                })
                        .toList();
        List<CocoProblem> problems = new ArrayList<>();
        List<ImageSizing.Turn> turns = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.problem == null) {
                turns.add(finding.turn);
            } else {
                problems.add(finding.problem);
            }
        }
        return new Result(problems, Orientations.of(turns));
    }

    private Finding examine(CocoDataset dataset, int index) {
        CocoImage image = dataset.images().get(index);
        try {
            Path path = folder.resolve(image.fileName());
            ImageSizing sizing =
                    ImageSizing.of(
                            image, dataset.annotationsOf(image.id()), ImageSource.of(path), reader);
            if (decodes) {
                reader.read(path, sizing.size()).close();
            }
            return new Finding(sizing.turn(), null);
        } catch (ImageReadException e) {
            String place = "images[" + index + "] (id " + dataset.idText(image.id()) + ")";
            return new Finding(null, new CocoProblem(Severity.ERROR, place, -1, e.getMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // no fault of the image
        }
    }
}
