package dev.fern.tools.dataset;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Counts of what a data set holds. Boxes are those that a detector is trained on: no crowds, none
 * of zero area.
 *
 * @param images number of images
 * @param emptyImages images without a box; crowds don't count
 * @param boxes boxes to train on
 * @param crowds annotations that stand for groups
 * @param zeroAreaBoxes boxes without width or height, which training leaves out
 * @param categories in order of their ids
 * @param areas boxes by COCO's area ranges
 * @param boxesPerImage over all images; null where there are none
 * @param pixels box geometry in the pixels of the images; null where there are no boxes
 * @param canvas box geometry as the network sees it; null without a canvas rule or boxes
 */
public record DatasetStatistics(
        int images,
        int emptyImages,
        int boxes,
        int crowds,
        int zeroAreaBoxes,
        List<CategoryCount> categories,
        AreaCounts areas,
        Distribution boxesPerImage,
        Geometry pixels,
        OnCanvas canvas) {

    /**
     * The counts of one category.
     *
     * @param id the category's id
     * @param name the category's name
     * @param boxes boxes to train on
     * @param crowds annotations that stand for groups
     * @param images images with at least one box of the category
     */
    public record CategoryCount(long id, String name, int boxes, int crowds, int images) {}

    /**
     * Boxes by the annotation's area in square pixels, in COCO's ranges. Unlike in the evaluator,
     * where a limit belongs to both ranges, each box is counted once.
     *
     * @param small boxes of up to 32 x 32 pixels
     * @param medium boxes in between
     * @param large boxes from 96 x 96 pixels on
     */
    public record AreaCounts(int small, int medium, int large) {}

    /**
     * Sizes and shapes of boxes.
     *
     * @param width in pixels
     * @param height in pixels
     * @param side square root of width times height in pixels, by which anchors of one size are
     *     matched
     * @param aspectRatio height over width, as of anchors
     */
    public record Geometry(
            Distribution width, Distribution height, Distribution side, Distribution aspectRatio) {

        private static Geometry of(List<Box> boxes) {
            return new Geometry(
                    distribution(boxes, Box::width),
                    distribution(boxes, Box::height),
                    distribution(boxes, box -> Math.sqrt(box.area())),
                    distribution(boxes, box -> box.height() / box.width()));
        }
    }

    /**
     * The data set as the network sees it.
     *
     * @param sizes how many images each canvas size has, as {@code WxH}; only images of one size
     *     share a batch
     * @param pixels box geometry in pixels of the canvas
     */
    public record OnCanvas(Map<String, Integer> sizes, Geometry pixels) {}

    /**
     * A box to train on, as the network sees it.
     *
     * @param annotation the annotation that it comes from
     * @param canvas the canvas of its image
     * @param box in pixels of the canvas
     */
    record CanvasBox(CocoAnnotation annotation, Canvas canvas, Box box) {}

    /**
     * Counts what a data set holds.
     *
     * @param dataset the annotations
     * @param rule how images are resized for the network, if counts on the canvas are wanted
     * @return the counts
     * @throws IllegalArgumentException if a canvas is wanted and an image has no size
     */
    public static DatasetStatistics of(CocoDataset dataset, Optional<CanvasRule> rule) {
        List<CocoAnnotation> boxes = trainable(dataset).toList();
        List<Box> pixels = boxes.stream().map(CocoAnnotation::box).toList();
        Map<Long, Integer> perImage = counts(boxes.stream().map(CocoAnnotation::imageId));
        int crowds = (int) dataset.annotations().stream().filter(CocoAnnotation::crowd).count();
        return new DatasetStatistics(
                dataset.images().size(),
                dataset.images().size() - perImage.size(),
                boxes.size(),
                crowds,
                dataset.annotations().size() - boxes.size() - crowds,
                categories(dataset, boxes),
                areas(boxes),
                distribution(dataset.images(), image -> perImage.getOrDefault(image.id(), 0)),
                pixels.isEmpty() ? null : Geometry.of(pixels),
                rule.filter(any -> !boxes.isEmpty())
                        .map(given -> onCanvas(dataset, given))
                        .orElse(null));
    }

    /** Returns the boxes to train on, resized with their images. */
    static Stream<CanvasBox> canvasBoxes(CocoDataset dataset, CanvasRule rule) {
        return trainable(dataset)
                .map(
                        annotation -> {
                            CocoImage image = dataset.image(annotation.imageId()).orElseThrow();
                            Canvas canvas = rule.canvas(image.width(), image.height());
                            Box box = annotation.box();
                            return new CanvasBox(
                                    annotation,
                                    canvas,
                                    new Box(
                                            box.x() * canvas.scaleX(),
                                            box.y() * canvas.scaleY(),
                                            box.width() * canvas.scaleX(),
                                            box.height() * canvas.scaleY()));
                        });
    }

    private static Stream<CocoAnnotation> trainable(CocoDataset dataset) {
        return dataset.annotations().stream()
                .filter(annotation -> !annotation.crowd())
                .filter(
                        annotation ->
                                annotation.box().width() > 0 && annotation.box().height() > 0);
    }

    private static List<CategoryCount> categories(CocoDataset dataset, List<CocoAnnotation> boxes) {
        Map<Long, List<CocoAnnotation>> byCategory =
                boxes.stream().collect(groupingBy(CocoAnnotation::categoryId));
        Map<Long, Integer> crowds =
                counts(
                        dataset.annotations().stream()
                                .filter(CocoAnnotation::crowd)
                                .map(CocoAnnotation::categoryId));
        return dataset.categories().stream()
                .map(
                        category -> {
                            List<CocoAnnotation> own =
                                    byCategory.getOrDefault(category.id(), List.of());
                            return new CategoryCount(
                                    category.id(),
                                    category.name(),
                                    own.size(),
                                    crowds.getOrDefault(category.id(), 0),
                                    (int)
                                            own.stream()
                                                    .mapToLong(CocoAnnotation::imageId)
                                                    .distinct()
                                                    .count());
                        })
                .toList();
    }

    private static AreaCounts areas(List<CocoAnnotation> boxes) {
        int small = (int) boxes.stream().filter(box -> box.area() <= 32 * 32).count();
        int large = (int) boxes.stream().filter(box -> box.area() >= 96 * 96).count();
        return new AreaCounts(small, boxes.size() - small - large, large);
    }

    private static OnCanvas onCanvas(CocoDataset dataset, CanvasRule rule) {
        Stream<String> sizes =
                dataset.images().stream()
                        .map(image -> rule.canvas(image.width(), image.height()).size().toString());
        return new OnCanvas(
                counts(sizes),
                Geometry.of(canvasBoxes(dataset, rule).map(CanvasBox::box).toList()));
    }

    private static <K extends Comparable<K>> Map<K, Integer> counts(Stream<K> keys) {
        return keys.collect(toMap(key -> key, key -> 1, Integer::sum, TreeMap::new));
    }

    private static <T> Distribution distribution(List<T> items, ToDoubleFunction<T> value) {
        return items.isEmpty() ? null : Distribution.of(items.stream().mapToDouble(value));
    }
}
