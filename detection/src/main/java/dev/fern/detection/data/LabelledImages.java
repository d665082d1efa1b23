package dev.fern.detection.data;

import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoValidator;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Labelled images, ready to be loaded. Training and evaluation need both the annotations and the
 * images.
 *
 * @param source where they are
 * @param images the images with their targets
 * @param limit how many of the first images are used; 0 for all
 * @param advice what the user should know of the data, one line each; empty if there is nothing
 */
public record LabelledImages(
        LabelledSource source, DetectionDataset images, int limit, List<String> advice) {

    /**
     * Opens an annotation file and all of its images with the standard reader.
     *
     * @param annotations COCO instances file, plain or gzip
     * @param folder of the images
     * @return both
     * @throws IOException naming the file and record that can't be used
     */
    public static LabelledImages open(Path annotations, Path folder) throws IOException {
        return open(AnnotatedFolder.read(annotations, folder));
    }

    /**
     * Opens all images of a source with the standard reader.
     *
     * @param source the labelled images
     * @return the same, ready to be loaded
     * @throws IOException naming the image or record that can't be used
     */
    public static LabelledImages open(LabelledSource source) throws IOException {
        return open(source, ImageReader.standard(), false, 0);
    }

    /**
     * Opens the images of a source: reads their headers, several at a time.
     *
     * @param source the labelled images
     * @param reader reads the images, now and later
     * @param skipBadImages whether images that can't be used are left out rather than refused
     * @param limit how many of the first images to use; 0 for all. Others may be missing
     * @return the same, ready to be loaded
     * @throws IOException naming the image or record that can't be used, or if no image is left
     */
    public static LabelledImages open(
            LabelledSource source, ImageReader reader, boolean skipBadImages, int limit)
            throws IOException {
        CocoDataset coco = source.annotations();
        if (!(source instanceof AnnotatedFolder)) { // whose reader has done this
            requireSound(source);
        }
        DetectionDataset images;
        try {
            images = DetectionDataset.of(source, reader, skipBadImages, limit);
        } catch (BadImageException e) {
            throw new IOException(source.name() + ": " + e.getMessage(), e);
        }
        if (images.samples().isEmpty()) {
            throw new IOException(source.name() + ": no usable image in it");
        }
        List<String> advice = new ArrayList<>(CocoAdvice.of(coco, EvaluationParameters.defaults()));
        source.note().ifPresent(advice::add);
        return new LabelledImages(source, images, limit, List.copyOf(advice));
    }

    private static void requireSound(LabelledSource source) throws IOException {
        for (CocoProblem problem : CocoValidator.check(source.annotations())) {
            if (problem.severity() == CocoProblem.Severity.ERROR) {
                throw new IOException(source.name() + ": " + problem);
            }
        }
    }

    /** {@return the annotations} */
    public CocoDataset coco() {
        return source.annotations();
    }

    /** {@return what messages call the images, such as the path of their annotation file} */
    public String name() {
        return source.name();
    }

    /**
     * {@return the files that the images are from}
     *
     * @throws IllegalStateException if they come from elsewhere
     */
    public AnnotatedFolder files() {
        if (source instanceof AnnotatedFolder files) {
            return files;
        }
        throw new IllegalStateException(name() + " is no file");
    }

    /** {@return whether there is a box to learn or to find} */
    public boolean hasBoxes() {
        return images.samples().stream().anyMatch(sample -> sample.labels().length > 0);
    }

    /**
     * Checks that there is a box to learn from.
     *
     * @throws IOException if there is none
     */
    public void requireBoxes() throws IOException {
        if (!hasBoxes()) {
            throw new IOException(
                    name()
                            + ": has no box to train on"
                            + (limit > 0 ? " in its first " + limit + " images" : ""));
        }
    }
}
