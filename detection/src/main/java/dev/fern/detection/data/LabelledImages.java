package dev.fern.detection.data;

import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An annotation file with its images. Training and evaluation need both.
 *
 * @param coco the annotations
 * @param images the same, ready to be loaded
 * @param annotations the file
 * @param folder of the images
 * @param limit how many of the first images are used; 0 for all
 * @param advice what the user should know of the data, one line each; empty if there is nothing
 */
public record LabelledImages(
        CocoDataset coco,
        DetectionDataset images,
        Path annotations,
        Path folder,
        int limit,
        List<String> advice) {

    /**
     * Opens an annotation file and all of its images with the standard reader.
     *
     * @param annotations COCO instances file, plain or gzip
     * @param folder of the images
     * @return both
     * @throws IOException naming the file and record that can't be used
     */
    public static LabelledImages open(Path annotations, Path folder) throws IOException {
        return open(annotations, folder, ImageReader.standard(), false, 0);
    }

    /**
     * Opens an annotation file and its images.
     *
     * @param annotations COCO instances file, plain or gzip
     * @param folder of the images
     * @param reader reads them
     * @param skipBadImages whether images that can't be used are left out rather than refused
     * @param limit how many of the first images to use; 0 for all. Files of others may be missing
     * @return both
     * @throws IOException naming the file and record that can't be used, or if no image is left
     */
    public static LabelledImages open(
            Path annotations, Path folder, ImageReader reader, boolean skipBadImages, int limit)
            throws IOException {
        return open(
                CocoDataset.read(annotations), annotations, folder, reader, skipBadImages, limit);
    }

    /**
     * Opens the images of annotations that were read before.
     *
     * @param coco the annotations
     * @param annotations the file that they are from, for messages
     * @param folder of the images
     * @param reader reads them
     * @param skipBadImages whether images that can't be used are left out rather than refused
     * @param limit how many of the first images to use; 0 for all. Files of others may be missing
     * @return both
     * @throws IOException naming the file and record that can't be used, or if no image is left
     */
    public static LabelledImages open(
            CocoDataset coco,
            Path annotations,
            Path folder,
            ImageReader reader,
            boolean skipBadImages,
            int limit)
            throws IOException {
        ImageFolder imageFolder = new ImageFolder(folder);
        DetectionDataset images;
        try {
            images = DetectionDataset.of(coco, imageFolder, reader, skipBadImages, limit);
        } catch (BadImageException e) {
            throw new IOException(annotations + ": " + e.getMessage(), e);
        }
        if (images.samples().isEmpty()) {
            throw new IOException(annotations + ": no usable image in it");
        }
        List<String> advice = new ArrayList<>(CocoAdvice.of(coco, EvaluationParameters.defaults()));
        imageFolder.note().ifPresent(advice::add);
        return new LabelledImages(coco, images, annotations, folder, limit, List.copyOf(advice));
    }
}
