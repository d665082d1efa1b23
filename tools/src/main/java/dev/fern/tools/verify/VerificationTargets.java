package dev.fern.tools.verify;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detection;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.input.AnnotatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Images with the targets that loss and gradients are computed from.
 *
 * @param images the images
 * @param origin where their targets come from, in words
 */
record VerificationTargets(DetectionDataset images, String origin) {

    /** A detection with a score above this is taken for an object. */
    private static final double OBJECT_SCORE = 0.3;

    /** Part of a detection's width and height by which its target is smaller on each side. */
    private static final double MARGIN = 0.05;

    private static final int BOXES_PER_IMAGE = 3;

    /**
     * Takes the targets of an annotation file. Its categories are matched with the model's by name;
     * boxes of others are left out.
     *
     * @param categories the model's
     * @param told receives a line about categories that the model lacks
     * @throws IOException naming a file that is not among its images
     * @throws BadInputException if the model has none of the categories, or if it is not clear
     *     which is which
     */
    static VerificationTargets annotated(
            DetectionDataset images,
            Path annotations,
            CocoDataset dataset,
            List<CocoCategory> categories,
            Consumer<String> told)
            throws IOException, BadInputException {
        List<CocoCategory> listed = dataset.categories();
        CategoryMatch match = match(annotations, dataset, categories);
        if (!match.onlyInData().isEmpty()) {
            told.accept(
                    "the model lacks categories of "
                            + annotations
                            + ", whose boxes are left out: "
                            + names(match.onlyInData()));
        }
        Map<Long, Long> ids = new HashMap<>();
        for (int i = 0; i < listed.size(); i++) {
            if (match.inModel(i) >= 0) {
                ids.put(listed.get(i).id(), categories.get(match.inModel(i)).id());
            }
        }
        Map<Long, List<CocoAnnotation>> targets = new HashMap<>();
        AnnotatedFiles files = new AnnotatedFiles(annotations, dataset);
        DetectionDataset sized = files.sized(images, false);
        for (Map.Entry<Long, CocoImage> entry : files.of(images.samples()).entrySet()) {
            targets.put(
                    entry.getKey(),
                    dataset.annotationsOf(entry.getValue().id()).stream()
                            .filter(annotation -> ids.containsKey(annotation.categoryId()))
                            .map(annotation -> target(annotation, ids))
                            .toList());
        }
        return of(sized, targets, categories, annotations.toString());
    }

    private static CategoryMatch match(
            Path annotations, CocoDataset dataset, List<CocoCategory> categories)
            throws BadInputException {
        CategoryMatch match;
        try {
            match = CategoryMatch.of(categories, dataset.numberedCategories());
        } catch (IllegalArgumentException e) {
            throw new BadInputException(annotations + ": " + e.getMessage(), e);
        }
        if (match.pairs().isEmpty()) {
            throw new BadInputException(
                    annotations
                            + ": no category is one of the model's, by its name: the file has "
                            + names(dataset.categories())
                            + ", the model has "
                            + names(categories));
        }
        return match;
    }

    private static String names(List<CocoCategory> categories) {
        return categories.stream().map(CocoCategory::name).collect(Collectors.joining(", "));
    }

    /** Returns an annotation with the id that its category has in the model. */
    private static CocoAnnotation target(CocoAnnotation annotation, Map<Long, Long> ids) {
        return new CocoAnnotation(
                annotation.id(),
                annotation.imageId(),
                ids.get(annotation.categoryId()),
                annotation.box(),
                annotation.area(),
                annotation.crowd());
    }

    /**
     * Takes the model's detections as targets or, where there are none, boxes drawn at random: the
     * measurement holds for any targets.
     *
     * @param found the detections by image id
     */
    static VerificationTargets unannotated(
            DetectionDataset images,
            Map<Long, List<Detection>> found,
            List<CocoCategory> categories) {
        Map<Long, List<CocoAnnotation>> targets = new HashMap<>();
        found.forEach(
                (id, detections) ->
                        targets.put(
                                id,
                                detections.stream()
                                        .filter(detection -> detection.score() > OBJECT_SCORE)
                                        .map(detection -> target(id, detection, categories))
                                        .toList()));
        if (targets.values().stream().allMatch(List::isEmpty)) {
            Random random = new Random(1);
            for (Sample sample : images.samples()) {
                targets.put(sample.imageId(), random(sample, categories, random));
            }
            return of(
                    images,
                    targets,
                    categories,
                    "drawn at random, as the model finds nothing above a score of " + OBJECT_SCORE);
        }
        return of(
                images,
                targets,
                categories,
                "what the model finds above a score of "
                        + OBJECT_SCORE
                        + ", made a tenth smaller; no --annotations");
    }

    private static VerificationTargets of(
            DetectionDataset images,
            Map<Long, List<CocoAnnotation>> targets,
            List<CocoCategory> categories,
            String origin) {
        return new VerificationTargets(images.withTargets(targets, categories), origin);
    }

    /**
     * Returns the box of a detection, smaller by a margin on each side. Box losses have a kink
     * where prediction and target agree, and rounding would decide the gradient there.
     */
    private static CocoAnnotation target(
            long image, Detection detection, List<CocoCategory> categories) {
        double width = (double) detection.x2() - detection.x1();
        double height = (double) detection.y2() - detection.y1();
        Box box =
                new Box(
                        detection.x1() + MARGIN * width,
                        detection.y1() + MARGIN * height,
                        (1 - 2 * MARGIN) * width,
                        (1 - 2 * MARGIN) * height);
        return target(image, box, categories.get(detection.category()));
    }

    private static CocoAnnotation target(long image, Box box, CocoCategory category) {
        return new CocoAnnotation(0, image, category.id(), box, box.area(), false);
    }

    private static List<CocoAnnotation> random(
            Sample sample, List<CocoCategory> categories, Random random) {
        List<CocoAnnotation> boxes = new ArrayList<>();
        for (int i = 0; i < BOXES_PER_IMAGE; i++) {
            double width = sample.size().width() * random.nextDouble(0.1, 0.5);
            double height = sample.size().height() * random.nextDouble(0.1, 0.5);
            Box box =
                    new Box(
                            random.nextDouble() * (sample.size().width() - width),
                            random.nextDouble() * (sample.size().height() - height),
                            width,
                            height);
            boxes.add(
                    target(
                            sample.imageId(),
                            box,
                            categories.get(random.nextInt(categories.size()))));
        }
        return boxes;
    }

    /** Returns the number of targets. */
    int boxes() {
        return images.samples().stream().mapToInt(sample -> sample.labels().length).sum();
    }
}
