package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.dataset.ShapesScene.VisibleObject;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Makes COCO data sets of coloured shapes to try things out with. They have five categories whose
 * ids have gaps, and objects in all three of COCO's area ranges that overlap and are cut by the
 * edge. Some pictures have crowds, some have no objects. Backgrounds are mottled, with stray lines
 * and noise.
 *
 * <p>A seed decides everything. The pictures of one split don't depend on how many the other has,
 * and a larger split begins with the pictures of a smaller one.
 *
 * @param width of the pictures, {@value #MIN_SIDE} to {@value #MAX_SIDE} pixels
 * @param height of the pictures, {@value #MIN_SIDE} to {@value #MAX_SIDE} pixels
 * @param sizes number of different sizes. The pictures take them in turn; the first is {@code
 *     width} x {@code height}, the others have half to one and a half times as many pixels, and are
 *     half to twice as wide for their height
 * @param counts number of objects of a picture, except for one in twenty, which has none
 * @param sides sides of the objects in pixels, at least 1; empty for small, medium and large ones
 *     by COCO's area ranges, equally often
 * @param seed of the random numbers
 */
public record ShapesSynthesizer(
        int width, int height, int sizes, IntRange counts, Optional<IntRange> sides, long seed) {

    static final int MIN_SIDE = 64;
    static final int MAX_SIDE = 4096;

    static final IntRange DEFAULT_COUNTS = new IntRange(1, 17);

    /** The parts of a data set. */
    public enum Split {
        /** The pictures to train on. */
        TRAIN,

        /** The pictures to validate with. */
        VAL;

        /** {@return the name in file names: {@code train} or {@code val}} */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks the ranges.
     *
     * @param width {@value #MIN_SIDE} to {@value #MAX_SIDE}
     * @param height {@value #MIN_SIDE} to {@value #MAX_SIDE}
     * @param sizes at least 1
     * @param counts any range
     * @param sides at least 1, or empty
     * @param seed any number
     * @throws IllegalArgumentException if one is out of its range
     */
    public ShapesSynthesizer {
        if (Math.min(width, height) < MIN_SIDE || Math.max(width, height) > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "pictures of "
                            + width
                            + " x "
                            + height
                            + " pixels; sides must be "
                            + MIN_SIDE
                            + " to "
                            + MAX_SIDE);
        }
        if (sizes < 1) {
            throw new IllegalArgumentException(sizes + " different sizes; wanted 1 or more");
        }
        if (sides.isPresent() && sides.get().min() < 1) {
            throw new IllegalArgumentException(
                    "objects of " + sides.get() + " pixels; wanted 1 or more");
        }
        imageSizes(width, height, sizes, seed);
    }

    /**
     * Makes pictures of one size with the usual objects.
     *
     * @param width of the pictures, {@value #MIN_SIDE} to {@value #MAX_SIDE} pixels
     * @param height of the pictures, {@value #MIN_SIDE} to {@value #MAX_SIDE} pixels
     * @param seed of the random numbers
     */
    public ShapesSynthesizer(int width, int height, long seed) {
        this(width, height, 1, DEFAULT_COUNTS, Optional.empty(), seed);
    }

    /**
     * Writes {@code <folder>/<split>/000001.jpg} and so on, and then {@code
     * <folder>/annotations/instances_<split>.json}. Files of the same names are replaced.
     *
     * @param folder of the data set, created where it is missing
     * @param split the part to write
     * @param images number of pictures
     * @return what the annotation file holds
     * @throws IOException if a file can't be written; the annotation file is then not there
     */
    public CocoDataset write(Path folder, Split split, int images) throws IOException {
        List<ImageSize> imageSizes = imageSizes(width, height, sizes, seed);
        Path annotationFile = folder.resolve("annotations/instances_" + split.label() + ".json");
        Path imageFolder = folder.resolve(split.label());
        Files.createDirectories(annotationFile.getParent());
        Files.createDirectories(imageFolder);
        Files.deleteIfExists(annotationFile);
        SplittableRandom random = random(split);
        List<CocoImage> cocoImages = new ArrayList<>();
        List<CocoAnnotation> annotations = new ArrayList<>();
        for (int id = 1; id <= images; id++) {
            ImageSize size = imageSizes.get((id - 1) % sizes);
            ShapesScene scene = new ShapesScene(size, counts, sides, random.split());
            String name = String.format(Locale.ROOT, "%06d.jpg", id);
            write(scene.image(), imageFolder.resolve(name));
            cocoImages.add(new CocoImage(id, name, size.width(), size.height()));
            for (VisibleObject object : scene.objects()) {
                annotations.add(
                        new CocoAnnotation(
                                annotations.size() + 1,
                                id,
                                object.category().id(),
                                object.box(),
                                object.area(),
                                object.crowd()));
            }
        }
        CocoDataset dataset = CocoDataset.of(cocoImages, categories(), annotations);
        dataset.write(annotationFile);
        return dataset;
    }

    /**
     * Draws the sizes of the pictures.
     *
     * @throws IllegalArgumentException if there are not as many
     */
    private static List<ImageSize> imageSizes(int width, int height, int sizes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Set<ImageSize> different = new LinkedHashSet<>();
        different.add(new ImageSize(width, height));
        for (long attempts = 0; different.size() < sizes; attempts++) {
            if (attempts > 100L * sizes) {
                throw new IllegalArgumentException(
                        "pictures of about "
                                + width
                                + " x "
                                + height
                                + " pixels don't have "
                                + sizes
                                + " different sizes");
            }
            double pixels = (double) width * height * random.nextDouble(0.5, 1.5);
            double aspect = (double) width / height * Math.pow(2, random.nextDouble(-1, 1));
            different.add(
                    new ImageSize(
                            side(Math.sqrt(pixels * aspect)), side(Math.sqrt(pixels / aspect))));
        }
        return List.copyOf(different);
    }

    private static int side(double pixels) {
        return (int) Math.max(MIN_SIDE, Math.min(MAX_SIDE, Math.round(pixels)));
    }

    private SplittableRandom random(Split split) {
        SplittableRandom root = new SplittableRandom(seed);
        SplittableRandom train = root.split();
        return split == Split.TRAIN ? train : root.split();
    }

    private static List<CocoCategory> categories() {
        return Stream.of(ShapeCategory.values())
                .map(category -> new CocoCategory(category.id(), category.label(), "shape"))
                .toList();
    }

    private static void write(BufferedImage image, Path file) throws IOException {
        BufferedImage bgr =
                new BufferedImage(
                        image.getWidth(), image.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D copier = bgr.createGraphics();
        copier.drawImage(image, 0, 0, null);
        copier.dispose();
        byte[] pixels = ((DataBufferByte) bgr.getRaster().getDataBuffer()).getData();
        try (BgrImage encodable = BgrImage.of(image.getWidth(), image.getHeight(), pixels)) {
            encodable.write(file);
        }
    }
}
