package dev.fern.detection.pretrain;

import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.RandomStream;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.train.DataIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Images in folders, as ImageNet is laid out: every sub-folder is a class of that name, and all
 * images in it, at any depth, belong to that class. Classes are sorted by name, images by path.
 * Hidden files and folders (their names start with a dot) and files without the name of an image
 * are passed over. Links are followed, as in an {@link ImageFolder}.
 *
 * <p>The samples have no boxes; {@link #label} tells their class.
 */
public final class ClassificationDataset {

    /** Keeps the random numbers of the split apart from those of the order and the augmentation. */
    private static final long SPLIT_STREAM = 4;

    private static final float[] NO_BOXES = {};
    private static final int[] NO_LABELS = {};

    private final Path root;
    private final List<String> classes;
    private final List<Sample> samples;

    /** At index i, the class of the image with the id i + 1. */
    private final int[] labels;

    private final List<String> emptyClasses;
    private final List<ImageReadException> badImages;
    private final ImageReader reader;

    private ClassificationDataset(
            Path root,
            List<String> classes,
            List<Sample> samples,
            int[] labels,
            List<String> emptyClasses,
            List<ImageReadException> badImages,
            ImageReader reader) {
        this.root = root;
        this.classes = List.copyOf(classes);
        this.samples = List.copyOf(samples);
        this.labels = labels;
        this.emptyClasses = List.copyOf(emptyClasses);
        this.badImages = List.copyOf(badImages);
        this.reader = reader;
    }

    /** A file with its size or, if it can't be used, with the reason; the other is null. */
    private record Examined(Path path, ImageSize size, ImageReadException problem) {}

    /**
     * Two parts of a data set that have no image in common.
     *
     * @param training the images to train on
     * @param validation the images that were held out; empty if no class has enough
     */
    public record Split(ClassificationDataset training, ClassificationDataset validation) {}

    /**
     * Finds the images below a folder and reads the size of each from its header.
     *
     * @param root the folder whose sub-folders are the classes
     * @param reader reads the files, now and later
     * @param skipBadImages whether files that are no images, or are cut within their header, are
     *     left out, see {@link #badImages}, rather than refused
     * @return the images with their classes
     * @throws ImageReadException if there is no such folder, if there is no image in it, or if a
     *     link in it leads in circles; unless they are skipped, also if files can't be used: the
     *     message names the first and counts the others
     * @throws IOException if a file or folder can't be read
     */
    public static ClassificationDataset open(Path root, ImageReader reader, boolean skipBadImages)
            throws IOException {
        List<Path> folders = classFolders(new ImageFolder(root).root());
        if (folders.isEmpty()) {
            throw new ImageReadException(
                    root, "no sub-folders; put the images of each class into one of its own");
        }
        List<String> classes = new ArrayList<>();
        List<String> emptyClasses = new ArrayList<>();
        List<Sample> samples = new ArrayList<>();
        List<ImageReadException> badImages = new ArrayList<>();
        int[] labels = {};
        for (Path folder : folders) {
            int before = samples.size();
            for (Examined image : examine(images(folder), reader)) {
                if (image.problem != null) {
                    badImages.add(image.problem);
                } else {
                    long id = samples.size() + 1L;
                    samples.add(
                            new Sample(
                                    id,
                                    ImageSource.of(image.path),
                                    image.size,
                                    NO_BOXES,
                                    NO_LABELS));
                }
            }
            String name = folder.getFileName().toString();
            if (samples.size() == before) {
                emptyClasses.add(name);
            } else {
                labels = Arrays.copyOf(labels, samples.size());
                Arrays.fill(labels, before, samples.size(), classes.size());
                classes.add(name);
            }
        }
        if (!skipBadImages) {
            DetectionDataset.refuse(badImages);
        }
        if (samples.isEmpty()) {
            throw new ImageReadException(root, "no usable image in its sub-folders");
        }
        return new ClassificationDataset(
                root, classes, samples, labels, emptyClasses, badImages, reader);
    }

    private static List<Path> classFolders(Path root) throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(entry -> Files.isDirectory(entry) && !isHidden(entry))
                    .sorted()
                    .toList();
        }
    }

    private static boolean isHidden(Path path) {
        return path.getFileName().toString().startsWith(".");
    }

    private static List<Path> images(Path folder) throws IOException {
        List<Path> images = new ArrayList<>();
        Files.walkFileTree(
                folder,
                EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                Integer.MAX_VALUE,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path path, BasicFileAttributes attributes) {
                        return isHidden(path)
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                        if (!isHidden(path) && ImageFormat.isImageName(path)) {
                            images.add(path);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path path, IOException e)
                            throws IOException {
                        if (e instanceof FileSystemLoopException) {
                            throw new ImageReadException(
                                    path, "a link to a folder that it lies in; remove it", e);
                        }
                        throw e;
                    }
                });
        Collections.sort(images);
        return images;
    }

    private static List<Examined> examine(List<Path> paths, ImageReader reader) throws IOException {
        try {
            return paths.parallelStream().map(path -> examine(path, reader)).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Examined examine(Path path, ImageReader reader) {
        try {
            return new Examined(path, reader.size(path), null);
        } catch (ImageReadException e) {
            return new Examined(path, null, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what reads the images} */
    public ImageReader reader() {
        return reader;
    }

    /** {@return the folder whose sub-folders are the classes} */
    public Path root() {
        return root;
    }

    /** {@return the names of the classes, the one of label 0 first} */
    public List<String> classes() {
        return classes;
    }

    /** {@return the images, sorted by class, then by path} */
    public List<Sample> samples() {
        return samples;
    }

    /**
     * {@return the label of an image: the index of its class}
     *
     * @param imageId the image's id, from 1
     */
    public int label(long imageId) {
        return labels[Math.toIntExact(imageId - 1)];
    }

    /** {@return the names of the sub-folders without a usable image, which are no classes} */
    public List<String> emptyClasses() {
        return emptyClasses;
    }

    /** {@return what was left out under {@code skipBadImages}, and why} */
    public List<ImageReadException> badImages() {
        return badImages;
    }

    /**
     * Returns the same images with the labels of another data set.
     *
     * @param others class names of the other data set, among them all of this one's
     * @return the images with these classes
     * @throws IOException naming the folder of a class that is not among them
     */
    public ClassificationDataset labelledAs(List<String> others) throws IOException {
        int[] places = new int[classes.size()];
        for (int label = 0; label < places.length; label++) {
            places[label] = others.indexOf(classes.get(label));
            if (places[label] < 0) {
                throw new IOException(
                        root.resolve(classes.get(label))
                                + ": the training images have no class of this name");
            }
        }
        int[] relabelled = Arrays.stream(labels).map(label -> places[label]).toArray();
        return new ClassificationDataset(
                root, others, samples, relabelled, emptyClasses, badImages, reader);
    }

    /**
     * Holds out the same part of each class for validation. The number of images is rounded, and at
     * least one of each class is left to train on.
     *
     * @param part above 0, below 1
     * @param seed chooses the images
     * @return both parts, with the same classes
     */
    public Split split(double part, long seed) {
        Set<Long> heldOut = new HashSet<>();
        int first = 0;
        while (first < samples.size()) {
            int label = label(samples.get(first).imageId());
            int end = first;
            List<Long> ids = new ArrayList<>();
            while (end < samples.size() && label(samples.get(end).imageId()) == label) {
                ids.add(samples.get(end++).imageId());
            }
            SplittableRandom random = RandomStream.of(seed, SPLIT_STREAM, label);
            long count = Math.min(Math.round(part * ids.size()), ids.size() - 1L);
            for (int i = 0; i < count; i++) {
                Collections.swap(ids, i, i + random.nextInt(ids.size() - i));
                heldOut.add(ids.get(i));
            }
            first = end;
        }
        return new Split(
                with(samples.stream().filter(s -> !heldOut.contains(s.imageId())).toList()),
                with(samples.stream().filter(s -> heldOut.contains(s.imageId())).toList()));
    }

    private ClassificationDataset with(List<Sample> some) {
        return new ClassificationDataset(
                root, classes, some, labels, emptyClasses, badImages, reader);
    }

    /**
     * {@return the identity of these images and their classes: a digest of class names, paths below
     * the folder, sizes and labels}
     */
    public DataIdentity.Part identity() {
        DataIdentity.Digest digest = new DataIdentity.Digest();
        classes().forEach(digest::add);
        for (Sample sample : samples()) {
            digest.add(root().relativize(sample.path()).toString());
            digest.add(sample.size().width());
            digest.add(sample.size().height());
            digest.add(label(sample.imageId()));
        }
        return new DataIdentity.Part(samples().size(), 0, classes().size(), digest.toHex());
    }
}
