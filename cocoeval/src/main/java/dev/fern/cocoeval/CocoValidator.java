package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.Refusals.AnnotationFlaw;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks whether a data set is fit for training, far more strictly than evaluation requires.
 *
 * <p>Errors: missing sections, fields of the wrong kind, ids that come twice, ids of images or of
 * categories that are partly strings, annotations on unknown images or categories, boxes that are
 * not four finite numbers or have negative sizes. Warnings: what {@link CocoAdvice} tells, boxes of
 * zero area, boxes reaching more than {@value #OUTSIDE_TOLERANCE} pixel beyond their image, an area
 * larger than the box, smaller without a segmentation, or not positive, categories that nothing
 * uses, images of unknown size, id 0 (pycocotools counts a match with annotation 0 as none) and ids
 * over 2^53 (which do not survive programs that hold numbers as doubles).
 */
public final class CocoValidator {
    /** In pixels; rounding puts COCO's own boxes over the edge by fractions. */
    private static final double OUTSIDE_TOLERANCE = 1;

    private static final long LARGEST_EXACT = 1L << 53;

    private final CocoDataset dataset;
    private final List<CocoProblem> problems = new ArrayList<>();

    private CocoValidator(CocoDataset dataset) {
        this.dataset = dataset;
    }

    /**
     * Checks a file.
     *
     * @param file JSON, plain or gzip
     * @return all problems: first those of single fields, then those between records, both in file
     *     order, then those of the whole file
     * @throws CocoFormatException if the file can't be read as JSON at all
     */
    public static List<CocoProblem> check(Path file) throws CocoFormatException {
        CocoDatasetReader.Reading reading = CocoDatasetReader.readLeniently(file, IouType.BOX);
        List<CocoProblem> all = new ArrayList<>(check(reading));
        CocoDataset dataset = reading.dataset();
        for (String line : CocoAdvice.of(dataset, EvaluationParameters.defaults())) {
            all.add(new CocoProblem(WARNING, "", -1, line));
        }
        if (!dataset.hasObjects()) {
            all.add(new CocoProblem(WARNING, "", -1, "has no box of an object"));
        }
        return all;
    }

    /**
     * Checks a data set. Problems of single fields that only the file shows, such as a missing
     * {@code iscrowd}, are not found.
     *
     * @param dataset from memory or from a file
     * @return the problems between records, in their order
     */
    public static List<CocoProblem> check(CocoDataset dataset) {
        return new CocoValidator(dataset).check();
    }

    static List<CocoProblem> check(CocoDatasetReader.Reading reading) {
        List<CocoProblem> all = new ArrayList<>(reading.refusals());
        all.addAll(reading.problems());
        all.addAll(check(reading.dataset()));
        return all;
    }

    private List<CocoProblem> check() {
        Map<Long, CocoImage> images = new HashMap<>();
        Map<Long, String> imagePaths = new HashMap<>();
        CocoDataset.Source source = dataset.source();
        for (int i = 0; i < dataset.images().size(); i++) {
            CocoImage image = dataset.images().get(i);
            Place place = new Place("images", i, image.id(), offset(source, 0, i));
            checkId(place, imagePaths);
            checkKind(place, dataset.images().get(0).id());
            images.put(image.id(), image);
            if (image.width() <= 0 || image.height() <= 0) {
                add(WARNING, place, "its size is not given");
            }
        }
        Map<Long, String> categoryPaths = new HashMap<>();
        List<CocoCategory> categories = dataset.categoriesAsListed();
        for (int i = 0; i < categories.size(); i++) {
            Place place = new Place("categories", i, categories.get(i).id(), offset(source, 1, i));
            checkId(place, categoryPaths);
            checkKind(place, categories.get(0).id());
        }
        if (categories.isEmpty()) {
            add(ERROR, Place.DOCUMENT, "\"categories\" is empty");
        }
        Map<Long, String> annotationPaths = new HashMap<>();
        Set<Long> used = new HashSet<>();
        for (int i = 0; i < dataset.annotations().size(); i++) {
            CocoAnnotation annotation = dataset.annotations().get(i);
            Place place = new Place("annotations", i, annotation.id(), offset(source, 2, i));
            checkId(place, annotationPaths);
            used.add(annotation.categoryId());
            if (!images.containsKey(annotation.imageId())) {
                add(
                        ERROR,
                        place,
                        "image_id " + dataset.idText(annotation.imageId()) + " is not in images");
            }
            if (!categoryPaths.containsKey(annotation.categoryId())) {
                add(
                        ERROR,
                        place,
                        "category_id "
                                + dataset.idText(annotation.categoryId())
                                + " is not in categories");
            }
            AnnotationFlaw flaw = dataset.flaws().get(i);
            if (flaw == null || flaw.box() == null) {
                checkBox(place, annotation, images.get(annotation.imageId()));
            }
        }
        for (int i = 0; i < categories.size(); i++) {
            if (!used.contains(categories.get(i).id())) {
                add(
                        WARNING,
                        new Place("categories", i, categories.get(i).id(), offset(source, 1, i)),
                        "no annotation uses it");
            }
        }
        return problems;
    }

    private void checkId(Place place, Map<Long, String> seen) {
        String earlier = seen.putIfAbsent(place.id, place.path());
        if (earlier != null) {
            add(ERROR, place, "has the same id as " + earlier);
        }
        if (place.id == 0) {
            add(WARNING, place, "has id 0; pycocotools takes a match with annotation 0 for none");
        } else if (IdTable.isOrdinary(place.id) && Math.abs(place.id) > LARGEST_EXACT) {
            add(
                    WARNING,
                    place,
                    "id " + place.id + " is over 2^53, too large to be exact as a double");
        }
    }

    private void checkKind(Place place, long first) {
        if (dataset.ids().isText(place.id) != dataset.ids().isText(first)) {
            add(
                    ERROR,
                    place,
                    "one of "
                            + place.section
                            + "[0] and this has a string for its id, the other a number");
        }
    }

    private void checkBox(Place place, CocoAnnotation annotation, CocoImage image) {
        Box box = annotation.box();
        String numbers =
                "[" + box.x() + ", " + box.y() + ", " + box.width() + ", " + box.height() + "]";
        if (!Double.isFinite(box.x2()) || !Double.isFinite(box.y2())) {
            add(ERROR, place, "bbox " + numbers + " has a number that is not finite");
            return;
        }
        if (box.width() < 0 || box.height() < 0) {
            add(ERROR, place, "bbox " + numbers + " has a negative size");
            return;
        }
        if (box.area() == 0) {
            add(WARNING, place, "bbox " + numbers + " has no area");
        }
        if (image != null
                && image.width() > 0
                && image.height() > 0
                && (box.x() < -OUTSIDE_TOLERANCE
                        || box.y() < -OUTSIDE_TOLERANCE
                        || box.x2() > image.width() + OUTSIDE_TOLERANCE
                        || box.y2() > image.height() + OUTSIDE_TOLERANCE)) {
            add(
                    WARNING,
                    place,
                    "bbox "
                            + numbers
                            + " reaches outside its image of "
                            + image.width()
                            + " x "
                            + image.height());
        }
        double area = annotation.area();
        if (!Double.isFinite(area) || area < 0) {
            add(ERROR, place, "area is " + area);
        } else if (area > 1.01 * box.area() + 1 || area == 0 && box.area() > 0) {
            add(WARNING, place, "area " + area + " differs from the bbox's area, " + box.area());
        }
    }

    /** Where a record lies in its file. */
    private record Place(String section, int index, long id, long offset) {
        static final Place DOCUMENT = new Place("", -1, 0, -1);

        String path() {
            return index < 0 ? "" : section + "[" + index + "]";
        }
    }

    private void add(CocoProblem.Severity severity, Place place, String message) {
        String path =
                place.path() + (place.index < 0 ? "" : " (id " + dataset.idText(place.id) + ")");
        problems.add(new CocoProblem(severity, path, place.offset, message));
    }

    private static long offset(CocoDataset.Source source, int section, int index) {
        if (source == null) {
            return -1;
        }
        return switch (section) {
            case 0 -> source.imageOffsets()[index];
            case 1 -> source.categoryOffsets()[index];
            default -> source.annotationOffsets()[index];
        };
    }
}
