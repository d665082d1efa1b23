package dev.fern.detection.data;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The images of a data set with their target boxes, in the order of the annotation file.
 *
 * <p>Crowds never become targets. Images without boxes stay, since all of such an image is
 * background. Boxes are clipped to their image; those without area after that are dropped and
 * counted. Labels are the positions of the categories in the order of rising ids, from 0; where ids
 * are strings, the categories have numbers in their place.
 *
 * <p>Long because each kind of source has its way of making one, and of making others of it.
 */
public final class DetectionDataset {

    private final List<Sample> samples;
    private final List<CocoCategory> categories;
    private final List<ImageReadException> badImages;
    private final int emptyBoxes;
    private final int crowds;
    private final ImageReader reader;
    private final Orientations orientations;
    private final Supplier<CocoResults.Builder> results;

    private DetectionDataset(
            List<Sample> samples,
            List<CocoCategory> categories,
            List<ImageReadException> badImages,
            int emptyBoxes,
            int crowds,
            ImageReader reader,
            Orientations orientations,
            Supplier<CocoResults.Builder> results) {
        this.reader = reader;
        this.orientations = orientations;
        this.samples = List.copyOf(samples);
        this.categories = List.copyOf(categories);
        this.badImages = List.copyOf(badImages);
        this.emptyBoxes = emptyBoxes;
        this.crowds = crowds;
        this.results = results;
    }

    /**
     * Makes the data set of an annotation file and its image folder. It reads the header of each
     * file, several at a time, and compares the size with the annotations'.
     *
     * @param coco the annotations
     * @param folder what file names are relative to
     * @param reader reads the files, now and later
     * @param skipBadImages whether images whose files are missing, no images or of another size are
     *     left out, see {@link #badImages}, rather than refused
     * @return the images with their targets
     * @throws BadImageException if a file name leads out of the folder
     * @throws ImageReadException unless they are skipped, if files are missing, no images or of
     *     another size: the message names the first and counts the others
     * @throws IOException if a file can't be read
     * @throws IllegalArgumentException if a target's category is not in the data set, which {@link
     *     CocoDataset#read} rules out
     */
    public static DetectionDataset of(
            CocoDataset coco, ImageFolder folder, ImageReader reader, boolean skipBadImages)
            throws IOException {
        return of(new AnnotatedFolder(coco, folder.root(), folder), reader, skipBadImages, 0);
    }

    /**
     * Makes the data set of the first images of a source, as {@link #of(CocoDataset, ImageFolder,
     * ImageReader, boolean)} does of files.
     *
     * @param source the labelled images
     * @param reader reads the images, now and later
     * @param skipBadImages whether images that can't be used are left out
     * @param limit how many images; 0 for all
     * @return the images with their targets; its crowds are those of all images
     * @throws IOException as for files
     */
    public static DetectionDataset of(
            LabelledSource source, ImageReader reader, boolean skipBadImages, int limit)
            throws IOException {
        CocoDataset coco = source.annotations();
        List<Sample> samples = new ArrayList<>();
        List<ImageReadException> badImages = new ArrayList<>();
        TargetBuilder targets = new TargetBuilder(coco.categories());
        List<CocoImage> all = coco.images();
        int count = limit == 0 ? all.size() : Math.min(limit, all.size());
        List<ImageSizing.Turn> turns = new ArrayList<>();
        for (Examined examined : examine(source, all.subList(0, count), reader)) {
            if (examined.problem != null) {
                badImages.add(examined.problem);
                continue;
            }
            long id = examined.image.id();
            turns.add(examined.sizing.turn());
            samples.add(
                    targets.sample(
                            id, examined.source, examined.sizing.size(), coco.annotationsOf(id)));
        }
        if (!skipBadImages) {
            refuse(badImages);
        }
        for (CocoImage image : all.subList(count, all.size())) {
            targets.countCrowds(coco.annotationsOf(image.id()));
        }
        return new DetectionDataset(
                samples,
                coco.numberedCategories(),
                badImages,
                targets.emptyBoxes(),
                targets.crowds(),
                reader,
                Orientations.of(turns),
                () -> CocoResults.builder(coco));
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
                samples.add(
                        new Sample(
                                i + 1,
                                ImageSource.of(files.get(i)),
                                size,
                                new float[0],
                                new int[0]));
            } catch (ImageReadException e) {
                badImages.add(e);
            }
        }
        if (!skipBadImages) {
            refuse(badImages);
        }
        return new DetectionDataset(
                samples,
                List.of(),
                badImages,
                0,
                0,
                reader,
                new Orientations(0, 0, 0),
                CocoResults::builder);
    }

    /**
     * Makes a data set of images without annotations whose sizes are known, to detect in.
     *
     * @param samples the images, with ids of their own
     * @param reader reads their pixels
     * @return the images, without targets
     */
    public static DetectionDataset unlabelled(List<Sample> samples, ImageReader reader) {
        return new DetectionDataset(
                samples,
                List.of(),
                List.of(),
                0,
                0,
                reader,
                new Orientations(0, 0, 0),
                CocoResults::builder);
    }

    /**
     * Returns the same images in the orientations that annotations tell, as {@link #of(CocoDataset,
     * ImageFolder, ImageReader, boolean)} finds them out.
     *
     * @param coco the annotations
     * @param images the annotations' image of each sample, by the sample's id
     * @param skipBadImages whether images of another size than the annotations' are left out, see
     *     {@link #badImages}, rather than refused
     * @return the images with the sizes of the annotations
     * @throws ImageReadException unless they are skipped, if images have another size
     * @throws IOException if a file can't be read
     */
    public DetectionDataset sizedBy(
            CocoDataset coco, Map<Long, CocoImage> images, boolean skipBadImages)
            throws IOException {
        List<Sample> sized = new ArrayList<>();
        List<ImageReadException> bad = new ArrayList<>();
        List<ImageSizing.Turn> turns = new ArrayList<>();
        for (Sample sample : samples) {
            Examined examined = examine(coco, images.get(sample.imageId()), sample.image(), reader);
            if (examined.problem != null) {
                bad.add(examined.problem);
                continue;
            }
            turns.add(examined.sizing.turn());
            sized.add(sample.withSize(examined.sizing.size()));
        }
        if (!skipBadImages) {
            refuse(bad);
        }
        bad.addAll(0, badImages);
        return new DetectionDataset(
                sized,
                categories,
                bad,
                emptyBoxes,
                crowds,
                reader,
                Orientations.of(turns),
                results);
    }

    /** An image of which either the size or a problem is known. */
    private record Examined(
            CocoImage image, ImageSource source, ImageSizing sizing, ImageReadException problem) {}

    private static List<Examined> examine(
            LabelledSource source, List<CocoImage> images, ImageReader reader) throws IOException {
        CocoDataset coco = source.annotations();
        List<ImageSource> places = new ArrayList<>();
        for (CocoImage image : images) {
            places.add(place(source, image));
        }
        try {
            return IntStream.range(0, images.size())
                    .parallel()
                    .mapToObj(i -> examine(coco, images.get(i), places.get(i), reader))
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Examined examine(
            CocoDataset coco, CocoImage image, ImageSource source, ImageReader reader) {
        try {
            List<CocoAnnotation> annotations = coco.annotationsOf(image.id());
            return new Examined(
                    image, source, ImageSizing.of(image, annotations, source, reader), null);
        } catch (ImageReadException e) {
            return new Examined(image, source, null, e.ofImage(coco.idText(image.id())));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // no fault of the image
        }
    }

    private static ImageSource place(LabelledSource source, CocoImage image) throws IOException {
        try {
            ImageSource place = source.image(image);
            if (place == null) {
                throw new IOException(source.name() + ": has no bytes for image " + image.id());
            }
            return place;
        } catch (ImageReadException e) {
            throw new BadImageException(image.id(), e);
        }
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

    /** {@return what reads the files of this data set} */
    public ImageReader reader() {
        return reader;
    }

    /** {@return what was done about the EXIF orientations of the files} */
    public Orientations orientations() {
        return orientations;
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
                crowds,
                reader,
                orientations,
                results);
    }

    /** {@return an empty builder for detections in these images, with the ids of the data set} */
    public CocoResults.Builder newResults() {
        return results.get();
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
        TargetBuilder targets = new TargetBuilder(categories);
        List<Sample> labelled = new ArrayList<>();
        for (Sample sample : samples) {
            labelled.add(
                    targets.sample(
                            sample.imageId(),
                            sample.image(),
                            sample.size(),
                            annotations.getOrDefault(sample.imageId(), List.of())));
        }
        return new DetectionDataset(
                labelled,
                categories,
                badImages,
                targets.emptyBoxes(),
                targets.crowds(),
                reader,
                orientations,
                results);
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
        return new DetectionDataset(
                labelled, categories, badImages, emptyBoxes, crowds, reader, orientations, results);
    }
}
