package dev.fern.detection.pretrain;

import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.RandomStream;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
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
 * Images in folders, as ImageNet is laid out: every sub-folder is a class, named by it, and all
 * images in it at any depth belong to that class. Classes are sorted by name, images by path; what
 * is hidden (its name starts with a dot) or has no image's name is passed over. Links are followed,
 * as in an {@link ImageFolder}.
 *
 * <p>The samples have no boxes: their class is {@link #label}.
 */
public final class ClassificationDataset {

    /** Tells the stream of the split from those of the order and the augmentation. */
    private static final long SPLIT_STREAM = 4;

    private static final float[] NO_BOXES = {};
    private static final int[] NO_LABELS = {};

    private final Path root;
    private final List<String> classes;
    private final List<Sample> samples;

    /** The class of the image with the id i + 1. */
    private final int[] labels;

    private final List<String> emptyClasses;
    private final List<ImageReadException> badImages;

    private ClassificationDataset(
            Path root,
            List<String> classes,
            List<Sample> samples,
            int[] labels,
            List<String> emptyClasses,
            List<ImageReadException> badImages) {
        this.root = root;
        this.classes = List.copyOf(classes);
        this.samples = List.copyOf(samples);
        this.labels = labels;
        this.emptyClasses = List.copyOf(emptyClasses);
        this.badImages = List.copyOf(badImages);
    }

    /** A file with its size, or with what is wrong with it. */
    private record Examined(Path path, ImageSize size, ImageReadException problem) {}

    /** Two parts of a data set that have no image in common. */
    public record Split(ClassificationDataset training, ClassificationDataset validation) {}

    /**
     * Finds the images below a folder and reads the size of each from its header.
     *
     * @param skipBadImages whether files that are no images, or are cut within their header, are
     *     left out, see {@link #badImages}, rather than refused
     * @throws ImageReadException if there is no such folder, no image in it or a link in it leads
     *     in circles; or, unless they are skipped, if files can't be used: the message names the
     *     first and counts the others
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
                    samples.add(new Sample(id, image.path, image.size, NO_BOXES, NO_LABELS));
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
        return new ClassificationDataset(root, classes, samples, labels, emptyClasses, badImages);
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

    /** The folder that all is below. */
    public Path root() {
        return root;
    }

    /** The names of the classes, the one of label 0 first. */
    public List<String> classes() {
        return classes;
    }

    /** The images, by class and path. */
    public List<Sample> samples() {
        return samples;
    }

    /** The index of an image's class. */
    public int label(long imageId) {
        return labels[Math.toIntExact(imageId - 1)];
    }

    /** The sub-folders without a usable image, which are no classes. */
    public List<String> emptyClasses() {
        return emptyClasses;
    }

    /** What was left out under {@code skipBadImages}, and why. */
    public List<ImageReadException> badImages() {
        return badImages;
    }

    /**
     * The same images with the labels of another data set.
     *
     * @param others class names, among them all of this one's
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
                root, others, samples, relabelled, emptyClasses, badImages);
    }

    /**
     * Holds images out for validation: of each class this part, rounded, but never all.
     *
     * @param part above 0, below 1
     * @param seed chooses the images
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
        return new ClassificationDataset(root, classes, some, labels, emptyClasses, badImages);
    }

    /** Returns what tells these images and their classes from others. */
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
