package dev.fern.cocoeval;

import dev.fern.cocoeval.id.IdPositions;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.id.PythonIds;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Ground truth and detections as columns, sorted into the categories that are evaluated. Which
 * records those are, and in which order, follows pycocotools' {@code COCO} and {@code _prepare}.
 */
final class EvaluationInput {
    private final CocoDataset dataset;
    private final CocoResults results;
    private final EvaluationParameters parameters;
    private final Refusals refusals;
    private final boolean comparesAny;
    private final long[] images;
    private final long[] categories;
    private final int[] annotationImages;
    private final int[] detectionImages;
    private final int[][] truths;
    private final int[][] detections;
    private final double[] truthBoxes;
    private final double[] truthAreas;
    private final boolean[] crowd;
    private final boolean[] ignored;

    EvaluationInput(CocoDataset dataset, CocoResults results, EvaluationParameters parameters)
            throws CocoFormatException {
        this(dataset, results, parameters, false);
    }

    /**
     * @param acrossCategories whether records of all categories are compared, though each belongs
     *     to its own
     */
    EvaluationInput(
            CocoDataset dataset,
            CocoResults results,
            EvaluationParameters parameters,
            boolean acrossCategories)
            throws CocoFormatException {
        comparesAny =
                parameters.iouType() != IouType.KEYPOINTS
                        || parameters.useCats()
                        || acrossCategories
                        || parameters.corrected();
        this.dataset = dataset;
        this.results = results;
        this.parameters = parameters;
        refusals = new Refusals(dataset, results, parameters);
        refusals.requireMeantIfFromMemory();
        requireShapes();
        if (results.size() == 0 && results.file() != null && !parameters.corrected()) {
            throw new CocoFormatException(
                    results.file(),
                    "",
                    -1,
                    "holds no detections; pycocotools refuses it (\"corrected\" scores it 0)");
        }
        long[] allImages = dataset.images().stream().mapToLong(CocoImage::id).distinct().toArray();
        images = imageIds(allImages);
        categories = categoryIds();
        requireAnnotations();

        IdPositions imagePositions = new IdPositions(images);
        IdPositions slots = new IdPositions(categories);
        List<CocoAnnotation> annotations = dataset.annotations();
        annotationImages =
                annotations.stream().mapToInt(a -> imagePositions.of(a.imageId())).toArray();
        int[] truthsInOrder = truthsInOrder(slots);
        truths = group(truthsInOrder, this::annotationCategory, slots);
        detectionImages = locateDetections(new IdPositions(allImages), imagePositions);
        int[] detectionsInOrder = detectionsInOrder();
        detections = group(detectionsInOrder, this::detectionCategory, slots);

        truthBoxes = new double[4 * annotations.size()];
        truthAreas = new double[annotations.size()];
        crowd = new boolean[annotations.size()];
        ignored = new boolean[annotations.size()];
        for (int i = 0; i < annotations.size(); i++) {
            CocoAnnotation annotation = annotations.get(i);
            truthBoxes[4 * i] = annotation.box().x();
            truthBoxes[4 * i + 1] = annotation.box().y();
            truthBoxes[4 * i + 2] = annotation.box().width();
            truthBoxes[4 * i + 3] = annotation.box().height();
            truthAreas[i] = annotation.area();
            crowd[i] = annotation.crowd();
            ignored[i] = annotation.crowd() || parameters.corrected() && dataset.hasIgnoreFlag(i);
        }
        dataset.flaws().forEach((i, flaw) -> ignored[i] |= flaw.ignored());
        if (parameters.iouType() == IouType.KEYPOINTS) {
            for (int i = 0; i < ignored.length; i++) {
                ignored[i] |= dataset.shapes().isUnlabelled(i);
            }
        }
        // pycocotools takes a list without ids for no wish, and so prepares more than it evaluates
        boolean anyImage = images.length == 0;
        boolean anyCategory = !parameters.useCats() || slots.isEmpty();
        refusals.requirePrepared(
                anyImage ? IntStream.range(0, ignored.length).toArray() : truthsInOrder,
                anyImage ? IntStream.range(0, results.size()).toArray() : detectionsInOrder,
                category -> anyCategory || slots.contains(category));
    }

    private void requireShapes() {
        IouType type = parameters.iouType();
        if (type != IouType.BOX && (dataset.iouType() != type || results.iouType() != type)) {
            throw new IllegalArgumentException(
                    "annotations and detections must be read with IouType."
                            + type
                            + " to be evaluated by it");
        }
    }

    // Which images and categories

    private long[] imageIds(long[] all) throws CocoFormatException {
        long[] sorted = inOrder(PythonIds::sorted, all, "the ids of images ");
        long[] wanted = parameters.imgIds().map(EvaluationInput::toArray).orElse(sorted);
        return inOrder(PythonIds::unique, wanted, "imgIds ");
    }

    private long[] categoryIds() throws CocoFormatException {
        long[] all = dataset.categoriesAsListed().stream().mapToLong(CocoCategory::id).toArray();
        long[] sorted = inOrder(PythonIds::sorted, all, "the ids of categories ");
        long[] wanted = parameters.catIds().map(EvaluationInput::toArray).orElse(sorted);
        return parameters.useCats() ? inOrder(PythonIds::unique, wanted, "catIds ") : wanted;
    }

    private interface Order {
        long[] of(long[] ids, IdTable table);
    }

    private long[] inOrder(Order order, long[] ids, String which) throws CocoFormatException {
        try {
            return order.of(ids, dataset.ids());
        } catch (IllegalArgumentException e) {
            throw new CocoFormatException(
                    refusals.datasetName(), "", -1, which + e.getMessage(), e);
        }
    }

    private static long[] toArray(List<Long> ids) {
        return ids.stream().mapToLong(Long::longValue).toArray();
    }

    private void requireAnnotations() throws CocoFormatException {
        CocoDataset.Source source = dataset.source();
        if (source != null && !source.hasAnnotations() && images.length == 0) {
            throw new CocoFormatException(source.file(), "", -1, "has no \"annotations\"");
        }
    }

    // Which records

    /**
     * Annotations image by image. pycocotools looks them up by id, so the last of several with one
     * id takes the place of all, unless that is corrected.
     */
    private int[] truthsInOrder(IdPositions slots) {
        List<CocoAnnotation> annotations = dataset.annotations();
        int[] starts = new int[images.length + 1];
        for (int image : annotationImages) {
            if (image != IdPositions.ABSENT) {
                starts[image + 1]++;
            }
        }
        for (int image = 0; image < images.length; image++) {
            starts[image + 1] += starts[image];
        }
        int[] ordered = new int[starts[images.length]];
        for (int i = 0; i < annotationImages.length; i++) {
            if (annotationImages[i] != IdPositions.ABSENT) {
                ordered[starts[annotationImages[i]]++] = i;
            }
        }
        long[] ids = annotations.stream().mapToLong(CocoAnnotation::id).toArray();
        if (parameters.corrected()
                || LongStream.of(ids).sorted().distinct().count() == ids.length) {
            return ordered;
        }
        Map<Long, Integer> last = new HashMap<>(2 * ids.length);
        for (int i = 0; i < ids.length; i++) {
            last.put(ids[i], i);
        }
        return Arrays.stream(ordered)
                .filter(
                        i ->
                                !parameters.useCats()
                                        || slots.isEmpty()
                                        || slots.contains(annotationCategory(i)))
                .map(i -> last.get(ids[i]))
                .filter(i -> annotationImages[i] != IdPositions.ABSENT)
                .toArray();
    }

    private long annotationCategory(int annotation) {
        return dataset.annotations().get(annotation).categoryId();
    }

    private long detectionCategory(int detection) {
        return results.idIn(dataset, results.categoryId(detection));
    }

    private int[] locateDetections(IdPositions allImages, IdPositions imagePositions)
            throws CocoFormatException {
        int[] located = new int[results.size()];
        // detections mostly come image by image
        long previous = 0;
        int position = IdPositions.ABSENT;
        for (int i = 0; i < located.length; i++) {
            long id = results.imageId(i);
            if (i == 0 || id != previous) {
                long image = results.idIn(dataset, id);
                if (!allImages.contains(image)) {
                    throw new CocoFormatException(
                            refusals.resultsName(),
                            "[" + i + "].image_id",
                            -1,
                            results.ids().value(id)
                                    + " is not an image of "
                                    + refusals.datasetName()
                                    + CocoAdvice.onUnlistedImages(dataset, results));
                }
                position = imagePositions.of(image);
                previous = id;
            }
            located[i] = position;
        }
        return located;
    }

    private int[] detectionsInOrder() {
        int[] located = new int[detectionImages.length];
        int count = 0;
        for (int i = 0; i < detectionImages.length; i++) {
            if (detectionImages[i] != IdPositions.ABSENT) {
                located[count++] = i;
            }
        }
        return Arrays.copyOf(located, count);
    }

    private interface CategoryOf {
        long category(int member);
    }

    /** Groups records by category, or puts all together in the order of {@link #categories}. */
    private int[][] group(int[] members, CategoryOf categoryOf, IdPositions slots) {
        int[] slotOf = new int[members.length];
        int[] counts = new int[categories.length];
        for (int i = 0; i < members.length; i++) {
            slotOf[i] = slots.of(categoryOf.category(members[i]));
            if (slotOf[i] != IdPositions.ABSENT) {
                counts[slotOf[i]]++;
            }
        }
        int[][] groups = new int[categories.length][];
        Arrays.setAll(groups, k -> new int[counts[k]]);
        int[] filled = new int[categories.length];
        for (int i = 0; i < members.length; i++) {
            int slot = slotOf[i];
            if (slot != IdPositions.ABSENT) {
                groups[slot][filled[slot]++] = members[i];
            }
        }
        if (parameters.useCats()) {
            return groups;
        }
        // a category that catIds names twice counts twice
        return new int[][] {
            LongStream.of(categories)
                    .filter(slots::contains)
                    .mapToObj(id -> groups[slots.of(id)])
                    .flatMapToInt(Arrays::stream)
                    .toArray()
        };
    }

    // What the evaluation of a category asks for

    CocoResults results() {
        return results;
    }

    EvaluationParameters parameters() {
        return parameters;
    }

    int imageCount() {
        return images.length;
    }

    /** The ids of the evaluated images, ascending. */
    long[] images() {
        return images;
    }

    /** The ids of the evaluated categories, ascending; as given where all are evaluated as one. */
    long[] categories() {
        return categories;
    }

    /** How many evaluations there are: one per category, or a single one. */
    int groupCount() {
        return truths.length;
    }

    int[] truths(int group) {
        return truths[group];
    }

    int[] detections(int group) {
        return detections[group];
    }

    /** The image of each annotation, 0 to {@link #imageCount} - 1; -1 if that is not evaluated. */
    int[] annotationImages() {
        return annotationImages;
    }

    /** The image of each detection, 0 to {@link #imageCount} - 1; -1 if that is not evaluated. */
    int[] detectionImages() {
        return detectionImages;
    }

    /** x, y, width, height of each annotation. */
    double[] truthBoxes() {
        return truthBoxes;
    }

    double truthArea(int annotation) {
        return truthAreas[annotation];
    }

    /** Whether many detections may match the annotation. */
    boolean isCrowd(int annotation) {
        return crowd[annotation];
    }

    /** Whether a detector may find the annotation but need not. */
    boolean isIgnored(int annotation) {
        return ignored[annotation];
    }

    /**
     * Whether detections are compared with truths at all: without categories pycocotools seeks the
     * similarities of keypoints where it never files any.
     */
    boolean comparesAny() {
        return comparesAny;
    }

    boolean[] ignored() {
        return ignored;
    }

    /** The image at a position of {@link #images}, which the data set lists. */
    CocoImage imageOf(int position) {
        return dataset.image(images[position]).orElseThrow();
    }

    CocoDataset dataset() {
        return dataset;
    }

    Refusals refusals() {
        return refusals;
    }
}
