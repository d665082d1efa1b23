package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.PythonText;
import dev.fern.cocoeval.json.Unusable;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.Polygons;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import dev.fern.cocoeval.mask.Segmentation.Runs;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;

/** Refuses the records over which pycocotools would stumble, once it comes to use them. */
final class Refusals {
    /**
     * What is wrong with the size of an image.
     *
     * @param missing whether a number is missing, which pycocotools refuses for any mask; a number
     *     that is none only keeps it from drawing polygons and packing runs
     */
    record SizeFlaw(CocoProblem problem, boolean missing) {}

    /**
     * What keeps one annotation from being evaluated, or makes it unusual. pycocotools raises only
     * when it comes to use such an annotation, so the evaluator does too.
     *
     * @param box what is wrong with {@code bbox}, or null
     * @param area what is wrong with {@code area}, or null
     * @param crowd why {@code iscrowd} has no value as an integer, or null
     * @param labels why {@code num_keypoints} is not known though keypoints are read, or null
     * @param ignored whether Python takes the value of {@code iscrowd} for true, which makes the
     *     annotation an ignored one; 0.5 is true and yet 0 as an integer
     */
    record AnnotationFlaw(
            CocoProblem box,
            CocoProblem area,
            CocoProblem crowd,
            CocoProblem labels,
            boolean ignored) {}

    private final CocoDataset dataset;
    private final CocoResults results;
    private final IouType type;
    private final boolean corrected;
    private final List<Integer> maxDets;

    Refusals(CocoDataset dataset, CocoResults results, EvaluationParameters parameters) {
        this.dataset = dataset;
        this.results = results;
        type = parameters.iouType();
        corrected = parameters.corrected();
        maxDets = parameters.maxDets();
    }

    String datasetName() {
        return dataset.source() == null ? "the data set" : dataset.source().file();
    }

    String resultsName() {
        return results.file() == null ? "the results" : results.file();
    }

    /**
     * Checks what a program has made. Of a file the evaluator takes what pycocotools takes: of
     * annotations with one id, for example, it counts the last alone, which no program can want.
     *
     * @throws IllegalArgumentException naming the id or box that can't be meant
     */
    void requireMeantIfFromMemory() {
        if (dataset.source() != null) {
            return;
        }
        requireDistinct("images", dataset.images().stream().mapToLong(CocoImage::id));
        requireDistinct("categories", dataset.categories().stream().mapToLong(CocoCategory::id));
        requireDistinct(
                "annotations", dataset.annotations().stream().mapToLong(CocoAnnotation::id));
        for (int i = 0; i < dataset.annotations().size(); i++) {
            CocoAnnotation annotation = dataset.annotations().get(i);
            String owner = "annotation " + annotation.id();
            annotation.box().requireMeant(owner);
            if (!(annotation.area() >= 0) || Double.isInfinite(annotation.area())) {
                throw new IllegalArgumentException(
                        "the area of " + owner + " is " + annotation.area());
            }
            dataset.keypoints(i).ifPresent(points -> requireMeant(points, owner));
        }
    }

    /** Checks keypoints that a program has made: NaN would be as good as any place. */
    static void requireMeant(Keypoints points, String owner) {
        double[] numbers = points.numbers();
        for (int i = 0; i < numbers.length; i++) {
            if (!Double.isFinite(numbers[i])) {
                throw new IllegalArgumentException(
                        String.format("keypoint %d of %s is at %s", i / 3 + 1, owner, numbers[i]));
            }
        }
    }

    private static void requireDistinct(String what, LongStream ids) {
        Set<Long> seen = new HashSet<>();
        ids.forEach(
                id -> {
                    if (!seen.add(id)) {
                        throw new IllegalArgumentException("two " + what + " have the id " + id);
                    }
                });
    }

    // What pycocotools prepares before it compares anything

    /** Refuses what can't be prepared of the annotations and detections of some categories. */
    void requirePrepared(int[] annotations, int[] detections, LongPredicate categories)
            throws CocoFormatException {
        for (int i : annotations) {
            if (categories.test(dataset.annotations().get(i).categoryId())) {
                requirePrepared(i);
            }
        }
        if (detectionsArePrepared()) {
            return;
        }
        for (int i : detections) {
            if (categories.test(results.idIn(dataset, results.categoryId(i)))) {
                requireDetectionPrepared(i);
            }
        }
    }

    /** Refuses an annotation that can't be prepared, whatever it is compared with. */
    private void requirePrepared(int annotation) throws CocoFormatException {
        if (type == IouType.SEGM) {
            long image = dataset.annotations().get(annotation).imageId();
            Segmentation mask = dataset.shapes().mask(annotation);
            requireSize(image, isConverted(mask), "annotations", annotation);
            if (mask == null) {
                throw truth(annotation, "", "has no segmentation");
            }
            refuse(mask, false, datasetName());
        } else if (type == IouType.KEYPOINTS) {
            AnnotationFlaw flaw = dataset.flaws().get(annotation);
            if (flaw != null) {
                refuse(flaw.labels());
            }
        }
    }

    /** Whether there is nothing to refuse in {@link #requireDetectionPrepared}. */
    private boolean detectionsArePrepared() {
        return type != IouType.SEGM
                || results.shapes().isFlawless()
                        && (dataset.source() == null || dataset.source().sizeFlaws().isEmpty());
    }

    /** Refuses a detection of a mask that can't be prepared, whatever it is compared with. */
    private void requireDetectionPrepared(int detection) throws CocoFormatException {
        Segmentation mask = results.shapes().mask(detection);
        boolean rectangle = mask == null && results.hasBoxes();
        long image = results.idIn(dataset, results.imageId(detection));
        requireSize(image, rectangle || isConverted(mask), "", detection);
        if (mask == null && !rectangle) {
            throw detection(detection, "", "has no segmentation");
        }
        if (mask != null) {
            refuse(mask, false, resultsName());
        }
    }

    /** Whether pycocotools makes compressed runs of a mask, for which it asks for a sound size. */
    private static boolean isConverted(Segmentation mask) {
        return mask instanceof Polygons || mask instanceof Runs;
    }

    private void requireSize(long image, boolean converted, String section, int record)
            throws CocoFormatException {
        if (dataset.image(image).isEmpty()) {
            throw new CocoFormatException(
                    section.isEmpty() ? resultsName() : datasetName(),
                    section + "[" + record + "].image_id",
                    -1,
                    dataset.idText(image) + " is not listed, so that its size is not known");
        }
        if (dataset.source() == null) {
            return;
        }
        SizeFlaw flaw = dataset.source().sizeFlaws().get(image);
        if (flaw != null && (converted || flaw.missing() && !dataset.source().lenient())) {
            refuse(flaw.problem());
        }
    }

    private static void refuse(Segmentation mask, boolean compared, String file)
            throws CocoFormatException {
        if (mask instanceof Refused refused && (compared || !refused.whenCompared())) {
            throw refused.why().in(file);
        }
    }

    // What it needs of an image that is evaluated

    /** Refuses the annotations of one image. */
    void requireUsable(int[] annotations, int from, int to, boolean[] ignored)
            throws CocoFormatException {
        if (type == IouType.SEGM) {
            for (int i = from; i < to; i++) {
                refuse(dataset.shapes().mask(annotations[i]), true, datasetName());
            }
        }
        if (dataset.flaws().isEmpty()) {
            return;
        }
        for (int i = from; i < to; i++) {
            AnnotationFlaw flaw = dataset.flaws().get(annotations[i]);
            if (flaw != null) {
                if (type == IouType.BOX) {
                    refuse(flaw.box());
                }
                refuse(flaw.crowd());
                if (!ignored[annotations[i]]) {
                    refuse(flaw.area());
                }
            }
        }
    }

    /** Refuses an annotation whose keypoints are compared. */
    void requireKeypoints(int annotation) throws CocoFormatException {
        AnnotationFlaw flaw = dataset.flaws().get(annotation);
        if (flaw != null) {
            refuse(flaw.box());
            refuse(flaw.area());
        }
        var keypoints = dataset.shapes().keypoints(annotation);
        if (keypoints == null) {
            throw truth(annotation, "", "has no keypoints");
        }
        refuse(keypoints.problem().orElse(null), datasetName());
    }

    void requireScores(int[] detections, int from, int to) throws CocoFormatException {
        if (results.hasFlaws()) {
            for (int i = from; i < to; i++) {
                CocoProblem flaw = results.scoreFlaw(detections[i]);
                if (flaw != null && flaw.severity() == ERROR) {
                    throw flaw.in(resultsName());
                }
            }
        }
    }

    /**
     * Refuses scores of a group that are true or false in every image, which numpy can't negate.
     *
     * @param kept image by image, those that the largest maxDets leaves
     * @param starts where each image's begin in {@code kept}
     * @param truthStarts the same for the annotations of the group
     */
    void requireNegatable(int[] kept, int[] starts, int[] truthStarts) throws CocoFormatException {
        if (!results.hasFlaws() || corrected || kept.length == 0) {
            return;
        }
        for (int limit : maxDets) {
            boolean negatable = false;
            for (int image = 0; image + 1 < starts.length && !negatable; image++) {
                int count = starts[image + 1] - starts[image];
                int end = starts[image] + CategoryMatching.cut(count, limit);
                boolean evaluated = count > 0 || truthStarts[image + 1] > truthStarts[image];
                // an empty list of scores makes numbers of the others
                negatable = evaluated && end == starts[image];
                for (int d = starts[image]; d < end && !negatable; d++) {
                    negatable = results.scoreFlaw(kept[d]) == null;
                }
            }
            if (!negatable) {
                refuseDetection(results.scoreFlaw(kept[0]));
            }
        }
    }

    /** Refuses a detection that maxDets leaves, on whatever it may lie. */
    void requireComparable(int detection) throws CocoFormatException {
        if (type == IouType.SEGM) {
            refuse(results.shapes().mask(detection), true, resultsName());
        } else if (type == IouType.BOX && results.hasFlaws()) {
            refuseDetection(results.boxFlaw(detection));
        }
    }

    /** Refuses a detection whose keypoints are compared. */
    void requireDetectionKeypoints(int detection) throws CocoFormatException {
        var keypoints = results.shapes().keypoints(detection);
        if (keypoints == null) {
            throw detection(detection, "", "has no keypoints");
        }
        refuse(keypoints.problem().orElse(null), resultsName());
    }

    private void refuse(CocoProblem flaw) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(datasetName());
        }
    }

    private void refuseDetection(CocoProblem flaw) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(resultsName());
        }
    }

    private static void refuse(Unusable flaw, String file) throws CocoFormatException {
        if (flaw != null) {
            throw flaw.in(file);
        }
    }

    /**
     * What refuses an annotation.
     *
     * @param member such as {@code .segmentation}; empty for the record
     */
    CocoFormatException truth(int annotation, String member, String problem) {
        return new CocoFormatException(
                datasetName(),
                "annotations[" + annotation + "]" + member,
                dataset.source() == null ? -1 : dataset.source().annotationOffsets()[annotation],
                problem);
    }

    /** What refuses a detection, as {@link #truth} has it. */
    CocoFormatException detection(int detection, String member, String problem) {
        return new CocoFormatException(resultsName(), "[" + detection + "]" + member, -1, problem);
    }

    /**
     * Whether pycocotools would count a match with this annotation: it stores the annotation's id
     * as a double, and 0 means none.
     */
    boolean matchCounts(int annotation) throws CocoFormatException {
        CocoAnnotation truth = dataset.annotations().get(annotation);
        if (corrected || IdTable.isOrdinary(truth.id())) {
            return truth.id() != 0 || corrected;
        }
        Object id = dataset.ids().value(truth.id());
        OptionalDouble number = OptionalDouble.of(Double.NaN);
        if (id instanceof String text) {
            if (dataset.source() != null && dataset.source().lenient()) {
                return true;
            }
            number = PythonText.toFloat(text);
        } else if (id instanceof BigInteger big) {
            double rounded = big.doubleValue();
            number =
                    Double.isInfinite(rounded)
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(rounded);
        } else if (id instanceof Number fraction) {
            number = OptionalDouble.of(fraction.doubleValue());
        }
        if (number.isEmpty()) {
            throw truth(
                    annotation,
                    ".id",
                    id + " is not a number, which pycocotools needs; --lenient does without");
        }
        return number.getAsDouble() != 0;
    }
}
