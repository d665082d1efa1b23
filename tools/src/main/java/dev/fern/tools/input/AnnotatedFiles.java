package dev.fern.tools.input;

import com.google.gson.JsonElement;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.variant.ImageFileName;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageReadException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Finds the images of an annotation file by the names of files, whatever folders these lie in.
 * Where several images have a file's name, their whole {@code file_name} must match the end of its
 * path.
 */
public final class AnnotatedFiles {

    private final Path annotations;
    private final CocoDataset dataset;
    private final Map<String, List<CocoImage>> byName;

    /**
     * Prepares to find the images of a data set.
     *
     * @param annotations the file, for messages
     * @param dataset what it holds
     */
    public AnnotatedFiles(Path annotations, CocoDataset dataset) {
        this.annotations = annotations;
        this.dataset = dataset;
        this.byName =
                dataset.images().stream()
                        .collect(Collectors.groupingBy(image -> lastName(image.fileName())));
    }

    /**
     * Returns the ids of the samples' images as the annotation file has them.
     *
     * @param samples the files
     * @return numbers or strings by the samples' ids
     * @throws ImageReadException as {@link #of} throws it
     */
    public Map<Long, JsonElement> idsOf(List<Sample> samples) throws IOException {
        Map<Long, JsonElement> ids = new HashMap<>();
        of(samples).forEach((sample, image) -> ids.put(sample, dataset.idJson(image.id())));
        return ids;
    }

    /**
     * Returns files in the orientations that the annotations' widths, heights and boxes tell.
     *
     * @param images the files
     * @param skipBadImages whether files of another size are left out rather than refused
     * @return the files with the sizes of the annotations
     * @throws ImageReadException as {@link #of} throws it, and unless they are skipped, for files
     *     of another size than the annotations'
     */
    public DetectionDataset sized(DetectionDataset images, boolean skipBadImages)
            throws IOException {
        return images.sizedBy(dataset, of(images.samples()), skipBadImages);
    }

    /**
     * Returns the annotations' image of each sample.
     *
     * @param samples the files
     * @return the images by the samples' ids
     * @throws ImageReadException naming a file that matches no image of the annotations or several
     *     of them, or that matches the image of another file
     */
    public Map<Long, CocoImage> of(List<Sample> samples) throws IOException {
        Map<Long, CocoImage> images = new HashMap<>();
        Map<Long, Path> taken = new HashMap<>();
        for (Sample sample : samples) {
            CocoImage image = image(sample.path());
            Path other = taken.put(image.id(), sample.path());
            if (other != null) {
                throw new ImageReadException(
                        sample.path(),
                        "is image "
                                + dataset.idText(image.id())
                                + " of "
                                + annotations
                                + ", but so is "
                                + other);
            }
            images.put(sample.imageId(), image);
        }
        return images;
    }

    private CocoImage image(Path file) throws IOException {
        String path = ImageFileName.of(file.toString()).path();
        List<CocoImage> named = byName.getOrDefault(lastName(path), List.of());
        if (named.size() > 1) {
            named =
                    named.stream()
                            .filter(
                                    image ->
                                            ("/" + path)
                                                    .endsWith(
                                                            "/"
                                                                    + ImageFileName.of(
                                                                                    image
                                                                                            .fileName())
                                                                            .path()))
                            .toList();
        }
        if (named.size() != 1) {
            throw new ImageReadException(
                    file,
                    (named.isEmpty() ? "no image" : named.size() + " images")
                            + " of this name in "
                            + annotations);
        }
        return named.get(0);
    }

    private static String lastName(String path) {
        return ImageFileName.of(path).last();
    }
}
