package dev.fern.detection.data;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * The images of a data set with their target boxes, in the order of the annotation file.
 *
 * <p>Crowds never become targets. Images without boxes stay, since all of such an image is
 * background. Boxes are clipped to their image; those without area after that are dropped and
 * counted. Labels are the positions of the categories in the order of rising ids, from 0.
 */
public final class DetectionDataset {

    private final List<Sample> samples;
    private final List<CocoCategory> categories;
    private final List<ImageReadException> badImages;
    private final int emptyBoxes;
    private final int crowds;

    private DetectionDataset(
            List<Sample> samples,
            List<CocoCategory> categories,
            List<ImageReadException> badImages,
            int emptyBoxes,
            int crowds) {
        this.samples = List.copyOf(samples);
        this.categories = List.copyOf(categories);
        this.badImages = List.copyOf(badImages);
        this.emptyBoxes = emptyBoxes;
        this.crowds = crowds;
    }

    /**
     * Makes the data set of an annotation file and its image folder. It checks that each file is
     * there and not empty, but opens only those whose size the annotations don't give.
     *
     * @param coco the annotations
     * @param folder what file names are relative to
     * @param reader reads the sizes that the annotations lack
     * @param skipBadImages whether images whose files are missing or empty are left out, see {@link
     *     #badImages}, rather than refused
     * @return the images with their targets
     * @throws BadImageException if a file name leads out of the folder
     * @throws ImageReadException unless they are skipped, if files are missing or empty: the
     *     message names the first and counts the others
     * @throws IOException if a file can't be read
     * @throws IllegalArgumentException if a target's category is not in the data set, which {@link
     *     CocoDataset#read} rules out
     */
    public static DetectionDataset of(
            CocoDataset coco, ImageFolder folder, ImageReader reader, boolean skipBadImages)
            throws IOException {
        return of(coco, folder, reader, skipBadImages, 0);
    }

    /**
     * Makes the data set of the first images of an annotation file, as {@link #of(CocoDataset,
     * ImageFolder, ImageReader, boolean)} does of all. It does not look at the files of the others.
     *
     * @param coco the annotations
     * @param folder what file names are relative to
     * @param reader reads the sizes that the annotations lack
     * @param skipBadImages whether images whose files are missing or empty are left out
     * @param limit how many images; 0 for all
     * @return the images with their targets; its crowds are those of all images
     * @throws IOException as for all images
     */
    public static DetectionDataset of(
            CocoDataset coco,
            ImageFolder folder,
            ImageReader reader,
            boolean skipBadImages,
            int limit)
            throws IOException {
        List<Sample> samples = new ArrayList<>();
        List<ImageReadException> badImages = new ArrayList<>();
        TargetBuilder targets = new TargetBuilder(positions(coco.categories()));
        List<CocoImage> all = coco.images();
        int count = limit == 0 ? all.size() : Math.min(limit, all.size());
        for (CocoImage image : all.subList(0, count)) {
            Path path = resolve(folder, image);
            try {
                ImageSize size = size(image, path, reader);
                samples.add(targets.sample(image.id(), path, size, coco.annotationsOf(image.id())));
            } catch (ImageReadException e) {
                badImages.add(e);
            }
        }
        if (!skipBadImages) {
            refuse(badImages);
        }
        for (CocoImage image : all.subList(count, all.size())) {
            targets.countCrowds(coco.annotationsOf(image.id()));
        }
        return new DetectionDataset(
                samples, coco.categories(), badImages, targets.emptyBoxes, targets.crowds);
    }

    /**
     * Makes a data set of files without annotations, to detect in. Their ids are 1, 2, 3 in the
     * order given; their sizes are read from their headers.
     *
     * @param files the image files
     * @param reader reads their sizes
     * @param skipBadImages whether files that are missing, empty or no images are left out, see
     *     {@link #badImages}, rather than refused
     * @return the images, without targets
     * @throws ImageReadException unless they are skipped, if files are missing, empty or no images:
     *     the message names the first and counts the others
     * @throws IOException if a file can't be read
     */
    public static DetectionDataset unlabelled(
            List<Path> files, ImageReader reader, boolean skipBadImages) throws IOException {
        List<Sample> samples = new ArrayList<>();
        List<ImageReadException> badImages = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            try {
                ImageSize size = reader.size(files.get(i));
                samples.add(new Sample(i + 1, files.get(i), size, new float[0], new int[0]));
            } catch (ImageReadException e) {
                badImages.add(e);
            }
        }
        if (!skipBadImages) {
            refuse(badImages);
        }
        return new DetectionDataset(samples, List.of(), badImages, 0, 0);
    }

    private static Path resolve(ImageFolder folder, CocoImage image) throws BadImageException {
        try {
            return folder.resolve(image.fileName());
        } catch (ImageReadException e) {
            throw new BadImageException(image.id(), e);
        }
    }

    private static ImageSize size(CocoImage image, Path path, ImageReader reader)
            throws IOException {
        if (image.width() < 1 || image.height() < 1) {
            return reader.size(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new ImageReadException(path, "no such file (image id " + image.id() + ")");
        }
        if (Files.size(path) == 0) {
            throw new ImageReadException(path, "the file is empty (image id " + image.id() + ")");
        }
        return new ImageSize(image.width(), image.height());
    }

    /**
     * Throws an exception about the first bad image, if there is one, that counts the others.
     *
     * @param badImages may be empty
     * @throws ImageReadException if it is not
     */
    public static void refuse(List<ImageReadException> badImages) throws ImageReadException {
        if (badImages.size() == 1) {
            throw badImages.get(0);
        }
        if (!badImages.isEmpty()) {
            throw new ImageReadException(badImages.get(0), badImages.size() - 1);
        }
    }

    /** {@return the images, in the order of the annotation file} */
    public List<Sample> samples() {
        return samples;
    }

    /** {@return the categories by label: the one of label 0 first, ids rising} */
    public List<CocoCategory> categories() {
        return categories;
    }

    /** {@return what was left out under {@code skipBadImages}, and why} */
    public List<ImageReadException> badImages() {
        return badImages;
    }

    /**
     * {@return the number of boxes that were dropped because no area of them lies within their
     * image}
     */
    public int emptyBoxes() {
        return emptyBoxes;
    }

    /** {@return the number of crowd annotations, which are not among the targets} */
    public int crowds() {
        return crowds;
    }

    /**
     * Returns a data set of the first images. Its counters are those of this data set.
     *
     * @param count how many images; all of them if there are no more
     * @return the smaller data set
     */
    public DetectionDataset subset(int count) {
        return new DetectionDataset(
                samples.subList(0, Math.min(count, samples.size())),
                categories,
                badImages,
                emptyBoxes,
                crowds);
    }

    /**
     * Returns the same images with other targets, made of annotations as {@link #of} makes them.
     *
     * @param annotations by the image's id; images without an entry are background
     * @param categories whose positions are the labels
     * @return the images with these targets
     * @throws IllegalArgumentException if a target's category is none of them
     */
    public DetectionDataset withTargets(
            Map<Long, List<CocoAnnotation>> annotations, List<CocoCategory> categories) {
        TargetBuilder targets = new TargetBuilder(positions(categories));
        List<Sample> labelled = new ArrayList<>();
        for (Sample sample : samples) {
            labelled.add(
                    targets.sample(
                            sample.imageId(),
                            sample.path(),
                            sample.size(),
                            annotations.getOrDefault(sample.imageId(), List.of())));
        }
        return new DetectionDataset(
                labelled, categories, badImages, targets.emptyBoxes, targets.crowds);
    }

    /**
     * Returns the same images with other labels.
     *
     * @param label makes the new label of an old one
     * @param categories by their new labels
     * @return the images with these labels
     */
    public DetectionDataset withLabels(IntUnaryOperator label, List<CocoCategory> categories) {
        List<Sample> labelled =
                samples.stream()
                        .map(s -> s.withLabels(Arrays.stream(s.labels()).map(label).toArray()))
                        .toList();
        return new DetectionDataset(labelled, categories, badImages, emptyBoxes, crowds);
    }

    private static Map<Long, Integer> positions(List<CocoCategory> categories) {
        Map<Long, Integer> labels = new HashMap<>();
        for (CocoCategory category : categories) {
            labels.put(category.id(), labels.size());
        }
        return labels;
    }

    /** Makes the targets of one image after another and counts what it leaves out. */
    private static final class TargetBuilder {

        private final Map<Long, Integer> labels;
        private int emptyBoxes;
        private int crowds;

        TargetBuilder(Map<Long, Integer> labels) {
            this.labels = labels;
        }

        /** Counts the crowds of an image that is not in use. Runs know their data by the sum. */
        void countCrowds(List<CocoAnnotation> annotations) {
            crowds += (int) annotations.stream().filter(CocoAnnotation::crowd).count();
        }

        Sample sample(long imageId, Path path, ImageSize size, List<CocoAnnotation> annotations) {
            float[] boxes = new float[4 * annotations.size()];
            int[] targets = new int[annotations.size()];
            int count = 0;
            for (CocoAnnotation annotation : annotations) {
                if (annotation.crowd()) {
                    crowds++;
                    continue;
                }
                Box box = annotation.box();
                float x1 = clip(box.x(), size.width());
                float y1 = clip(box.y(), size.height());
                float x2 = clip(box.x2(), size.width());
                float y2 = clip(box.y2(), size.height());
                if (!(x2 > x1 && y2 > y1)) {
                    emptyBoxes++;
                    continue;
                }
                boxes[4 * count] = x1;
                boxes[4 * count + 1] = y1;
                boxes[4 * count + 2] = x2;
                boxes[4 * count + 3] = y2;
                targets[count++] = label(annotation);
            }
            return new Sample(
                    imageId,
                    path,
                    size,
                    Arrays.copyOf(boxes, 4 * count),
                    Arrays.copyOf(targets, count));
        }

        private int label(CocoAnnotation annotation) {
            Integer label = labels.get(annotation.categoryId());
            if (label == null) {
                throw new IllegalArgumentException(
                        String.format(
                                "annotation %d: no category has the id %d",
                                annotation.id(), annotation.categoryId()));
            }
            return label;
        }

        private static float clip(double position, int length) {
            return (float) Math.max(0, Math.min(length, position));
        }
    }
}
