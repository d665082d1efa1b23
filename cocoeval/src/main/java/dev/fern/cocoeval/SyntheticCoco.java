package dev.fern.cocoeval;

import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A made-up data set with detections, for measuring speed. Categories are as unevenly frequent as
 * in COCO, about half of the boxes are found by detections of varied quality, and the rest of the
 * detections are false. The detections' numbers are floats widened to double, so that they are
 * written with as many digits as those of real detectors.
 *
 * @param dataset the ground truth
 * @param results the detections, image by image
 */
public record SyntheticCoco(CocoDataset dataset, CocoResults results) {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    /**
     * Generates a data set.
     *
     * @param seed decides everything: the same seed and numbers give the same data set
     * @param images how many, at least 1, each 640 x 480 pixels
     * @param categories how many, at least 1
     * @param boxes of ground truth in all images together, at least 0
     * @param detections in all images together, at least 0
     * @return the data set with its detections
     * @throws IllegalArgumentException if a number is too small
     */
    public static SyntheticCoco generate(
            long seed, int images, int categories, int boxes, int detections) {
        if (images <= 0 || categories <= 0 || boxes < 0 || detections < 0) {
            throw new IllegalArgumentException(
                    String.format(
                            "images and categories must be at least 1, boxes and detections at"
                                    + " least 0, not %d, %d, %d, %d",
                            images, categories, boxes, detections));
        }
        Random random = new Random(seed);
        List<CocoCategory> categoryList = new ArrayList<>();
        for (int k = 1; k <= categories; k++) {
            categoryList.add(new CocoCategory(k, "category " + k, "thing"));
        }
        List<CocoImage> imageList = new ArrayList<>();
        List<CocoAnnotation> annotations = new ArrayList<>();
        CocoResults.Builder results = CocoResults.builder();
        for (int i = 0; i < images; i++) {
            long id = 139L + 116L * i;
            imageList.add(new CocoImage(id, String.format("%012d.jpg", id), WIDTH, HEIGHT));
            int first = annotations.size();
            int end = (int) ((long) boxes * (i + 1) / images);
            while (annotations.size() < end) {
                annotations.add(annotation(random, annotations.size() + 1L, id, categories));
            }
            int lastDetection = (int) ((long) detections * (i + 1) / images);
            while (results.size() < lastDetection) {
                boolean near = end > first && random.nextInt(3) == 0;
                CocoAnnotation truth =
                        near ? annotations.get(first + random.nextInt(end - first)) : null;
                results.add(detection(random, id, truth, categories));
            }
        }
        return new SyntheticCoco(
                CocoDataset.of(imageList, categoryList, annotations), results.build());
    }

    /**
     * Adds masks: to the ground truth polygons, to crowds and detections compressed runs, each a
     * blob in its box that is alike in one category. The detections lose their boxes.
     *
     * @param seed decides the shapes
     * @return the same records with masks
     */
    public SyntheticCoco withMasks(long seed) {
        Random random = new Random(seed);
        Shapes truths = new Shapes(IouType.SEGM);
        for (CocoAnnotation annotation : dataset.annotations()) {
            double[] outline = outline(random, annotation.box(), annotation.categoryId());
            Segmentation polygon = new Segmentation.Polygons(List.of(outline));
            truths.add(
                    annotation.crowd()
                            ? Segmentation.compressed(polygon.draw(HEIGHT, WIDTH))
                            : polygon,
                    null);
        }
        CocoDataset masked = dataset.with(truths);
        CocoResults.Builder found = CocoResults.builder(masked);
        for (int i = 0; i < results.size(); i++) {
            double[] outline = outline(random, results.box(i), results.categoryId(i));
            found.add(
                    results.imageId(i),
                    results.categoryId(i),
                    Rle.ofPolygons(HEIGHT, WIDTH, List.of(outline)),
                    results.score(i));
        }
        return new SyntheticCoco(masked, found.build());
    }

    /** A dented ellipse in a box, rounded to hundredths of pixels as in COCO. */
    private static double[] outline(Random random, Box box, long category) {
        int corners = 16 + random.nextInt(32);
        double[] xy = new double[2 * corners];
        for (int i = 0; i < corners; i++) {
            double angle = 2 * Math.PI * i / corners;
            double dent = 0.4 + 0.08 * Math.sin(3 * angle + category);
            double radius = dent + 0.02 * random.nextDouble();
            double x = box.x() + box.width() * (0.5 + radius * Math.cos(angle));
            double y = box.y() + box.height() * (0.5 + radius * Math.sin(angle));
            xy[2 * i] = Math.rint(100 * Math.min(WIDTH, Math.max(0, x))) / 100;
            xy[2 * i + 1] = Math.rint(100 * Math.min(HEIGHT, Math.max(0, y))) / 100;
        }
        return xy;
    }

    private static CocoAnnotation annotation(Random random, long id, long image, int categories) {
        Box box = box(random, 100.0);
        boolean crowd = random.nextInt(100) == 0;
        double area = Math.rint(box.area() * (50 + random.nextInt(50))) / 100;
        return new CocoAnnotation(id, image, category(random, categories), box, area, crowd);
    }

    private static CocoDetection detection(
            Random random, long image, CocoAnnotation truth, int categories) {
        if (truth == null) {
            Box box = box(random, 1 << 14);
            // most false detections are unsure
            float score = (float) Math.pow(random.nextDouble(), 4);
            return new CocoDetection(image, category(random, categories), box, score);
        }
        double shift = 0.3 * Math.abs(random.nextGaussian());
        Box found =
                new Box(
                        (float) (truth.box().x() + shift * random.nextDouble() * 30),
                        (float) (truth.box().y() + shift * random.nextDouble() * 30),
                        (float) (truth.box().width() * (1 + shift * random.nextDouble())),
                        (float) (truth.box().height() * (1 - 0.5 * shift * random.nextDouble())));
        float score = (float) (random.nextDouble() / (1 + shift));
        return new CocoDetection(image, truth.categoryId(), found, score);
    }

    /** Sizes spread evenly over the orders of magnitude from 8 pixels to the image's. */
    private static Box box(Random random, double steps) {
        double width = 8 * Math.pow(WIDTH / 8.0, random.nextDouble());
        double height = 8 * Math.pow(HEIGHT / 8.0, random.nextDouble());
        return new Box(
                Math.rint((WIDTH - width) * random.nextDouble() * steps) / steps,
                Math.rint((HEIGHT - height) * random.nextDouble() * steps) / steps,
                Math.rint(width * steps) / steps,
                Math.rint(height * steps) / steps);
    }

    /** Ids from 1, the frequency falling exponentially, as it roughly does in COCO. */
    private static long category(Random random, int categories) {
        double rank = -Math.log(1 - random.nextDouble()) * categories / 5;
        return 1 + (long) rank % categories;
    }
}
