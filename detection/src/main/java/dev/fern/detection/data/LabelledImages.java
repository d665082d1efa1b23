package dev.fern.detection.data;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.nio.file.Path;

/**
 * An annotation file with its images, as training and evaluation need both.
 *
 * @param coco the annotations
 * @param images the same, ready to be loaded
 * @param annotations the file
 * @param folder of the images
 * @param limit the first so many images alone are used; 0 for all
 */
public record LabelledImages(
        CocoDataset coco, DetectionDataset images, Path annotations, Path folder, int limit) {

    /**
     * Opens both.
     *
     * @param limit use the first so many images; 0 for all
     * @throws IOException naming the file and record that can't be used
     */
    public static LabelledImages open(
            Path annotations, Path folder, boolean skipBadImages, int limit) throws IOException {
        CocoDataset coco = CocoDataset.read(annotations);
        DetectionDataset images;
        try {
            images =
                    DetectionDataset.of(
                            coco,
                            new ImageFolder(folder),
                            ImageReader.forDataSets(),
                            skipBadImages);
        } catch (BadImageException e) {
            throw new IOException(annotations + ": " + e.getMessage(), e);
        }
        if (limit > 0) {
            images = images.subset(limit);
        }
        if (images.samples().isEmpty()) {
            throw new IOException(annotations + ": no usable image in it");
        }
        return new LabelledImages(coco, images, annotations, folder, limit);
    }
}
