package dev.fern.cocoeval;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.Refusals.AnnotationFlaw;
import dev.fern.cocoeval.Refusals.SizeFlaw;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Rle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The images, categories and annotations of a COCO instances file. Immutable.
 *
 * <p>{@link #read} refuses whatever a detector can't be trained on. {@link #readForEvaluation}
 * takes all that pycocotools takes, and {@link #readLeniently} also what it does not need; the
 * evaluator refuses a damaged annotation when it comes to use it. Masks and keypoints are kept only
 * where they are asked for.
 */
public final class CocoDataset {
    /**
     * The file that a data set was read from.
     *
     * @param imageOffsets byte offsets of the records, in file order
     * @param categoryOffsets byte offsets of the records, in file order
     * @param annotationOffsets byte offsets of the records, in file order
     * @param lenient whether it was read with more than pycocotools takes
     * @param notes what of the file the records don't show and {@link CocoAdvice} tells
     * @param sizeFlaws what is wrong with the sizes of images, by id
     */
    record Source(
            String file,
            long[] imageOffsets,
            long[] categoryOffsets,
            long[] annotationOffsets,
            boolean hasAnnotations,
            boolean lenient,
            List<String> notes,
            Map<Long, SizeFlaw> sizeFlaws) {}

    private final List<CocoImage> images;
    private final List<CocoCategory> categoriesAsListed;
    private final List<CocoCategory> categories;
    private final List<CocoAnnotation> annotations;
    private final Map<Integer, AnnotationFlaw> flaws;
    private final BitSet ignoreFlags;
    private final Shapes shapes;
    private final IdTable ids;
    private final Source source;
    private final Map<Long, CocoImage> imagesById;
    private final Map<Long, List<CocoAnnotation>> annotationsByImage;

    CocoDataset(
            List<CocoImage> images,
            List<CocoCategory> categories,
            List<CocoAnnotation> annotations,
            Map<Integer, AnnotationFlaw> flaws,
            BitSet ignoreFlags,
            Shapes shapes,
            IdTable ids,
            Source source) {
        this.images = List.copyOf(images);
        this.categoriesAsListed = List.copyOf(categories);
        this.categories =
                categoriesAsListed.stream()
                        .sorted(Comparator.comparing(CocoCategory::id, ids.order()))
                        .toList();
        this.annotations = List.copyOf(annotations);
        this.flaws = Map.copyOf(flaws);
        this.ignoreFlags = ignoreFlags;
        this.shapes = shapes;
        this.ids = ids;
        this.source = source;
        imagesById = new HashMap<>(2 * images.size());
        for (CocoImage image : images) {
            imagesById.put(image.id(), image);
        }
        annotationsByImage = new HashMap<>(2 * images.size());
        for (CocoAnnotation annotation : annotations) {
            annotationsByImage
                    .computeIfAbsent(annotation.imageId(), id -> new ArrayList<>(8))
                    .add(annotation);
        }
        annotationsByImage.replaceAll((id, list) -> Collections.unmodifiableList(list));
    }

    /**
     * Makes a data set from memory. {@link CocoValidator#check(CocoDataset)} tells whether it is
     * sound; the evaluator refuses one with an id twice, or with a box that is none.
     *
     * @param images in the order that a file would list them
     * @param categories in any order
     * @param annotations in the order that a file would list them
     * @return a data set that does not change with these lists
     */
    public static CocoDataset of(
            List<CocoImage> images,
            List<CocoCategory> categories,
            List<CocoAnnotation> annotations) {
        return new CocoDataset(
                images,
                categories,
                annotations,
                Map.of(),
                new BitSet(),
                new Shapes(IouType.BOX),
                new IdTable(),
                null);
    }

    /**
     * Adds masks or keypoints to a data set from memory, to evaluate them.
     *
     * @param other one mask or set of keypoints per annotation, in the order of {@link
     *     #annotations}
     * @return a data set with the same records, and these shapes
     * @throws IllegalArgumentException if there are more or fewer shapes than annotations
     */
    public CocoDataset with(Shapes other) {
        if (other.size() != annotations.size()) {
            String counts = other.size() + " shapes, but " + annotations.size() + " annotations";
            throw new IllegalArgumentException(counts);
        }
        return new CocoDataset(
                images, categoriesAsListed, annotations, flaws, ignoreFlags, other, ids, source);
    }

    /**
     * Reads a data set to train on. The area of the mask or else of the box takes the place of a
     * missing {@code area}, 0 that of a missing {@code iscrowd}, the bounds of the mask that of a
     * missing {@code bbox}. Ids may be strings; {@link #numberedCategories} has integers for those
     * of categories. {@code annotations} may be missing altogether.
     *
     * @param file JSON, plain or gzip
     * @return a data set without errors
     * @throws CocoFormatException if the file can't be read, is no COCO instances file, or has any
     *     {@linkplain CocoProblem.Severity#ERROR error} that {@link CocoValidator} knows
     */
    public static CocoDataset read(Path file) throws CocoFormatException {
        CocoDatasetReader.Reading reading = CocoDatasetReader.readLeniently(file, IouType.BOX);
        for (CocoProblem problem : CocoValidator.check(reading)) {
            if (problem.severity() == CocoProblem.Severity.ERROR) {
                throw problem.in(file.toString());
            }
        }
        CocoDataset raw = reading.dataset();
        return new CocoDataset(
                raw.images,
                raw.categoriesAsListed,
                raw.annotations,
                Map.of(),
                raw.ignoreFlags,
                raw.shapes,
                raw.ids,
                raw.source);
    }

    /**
     * Reads a data set to evaluate on, in one pass, as tolerantly as pycocotools: ids may be
     * strings or fractions or come twice, annotations may lie on images that are not listed, and
     * fields that the evaluation does not come to use may be missing or odd.
     *
     * @param file JSON, plain or gzip
     * @return a data set that may hold annotations which the evaluator refuses
     * @throws CocoFormatException if the file can't be read, or where pycocotools raises on loading
     */
    public static CocoDataset readForEvaluation(Path file) throws CocoFormatException {
        return readForEvaluation(file, IouType.BOX);
    }

    /**
     * Reads a data set to evaluate masks or keypoints on, else as for boxes.
     *
     * @param file JSON, plain or gzip
     * @param type what to keep of each annotation: its mask, its keypoints, or nothing but the box
     * @return a data set that may hold annotations which the evaluator refuses
     * @throws CocoFormatException if the file can't be read, or where pycocotools raises on loading
     */
    public static CocoDataset readForEvaluation(Path file, IouType type)
            throws CocoFormatException {
        return unlessRefused(CocoDatasetReader.read(file, type), file);
    }

    /**
     * Reads a data set to evaluate on, as {@link #readForEvaluation} does, but with what {@link
     * #read} puts in the place of missing fields. An {@code iscrowd} that is a string counts as the
     * number in it, and an {@code image_id} or {@code category_id} that is written like a listed id
     * counts as that, though one is a string and the other a number.
     *
     * @param file JSON, plain or gzip
     * @return a data set that may hold annotations which the evaluator refuses
     * @throws CocoFormatException if the file can't be read, or has no images or categories, or a
     *     record without an id
     */
    public static CocoDataset readLeniently(Path file) throws CocoFormatException {
        return readLeniently(file, IouType.BOX);
    }

    /**
     * Reads masks or keypoints too, and puts the number of labelled keypoints in the place of a
     * missing {@code num_keypoints}.
     *
     * @param file JSON, plain or gzip
     * @param type what to keep of each annotation: its mask, its keypoints, or nothing but the box
     * @return a data set that may hold annotations which the evaluator refuses
     * @throws CocoFormatException as {@link #readLeniently(Path)} throws it
     */
    public static CocoDataset readLeniently(Path file, IouType type) throws CocoFormatException {
        return unlessRefused(CocoDatasetReader.readLeniently(file, type), file);
    }

    private static CocoDataset unlessRefused(CocoDatasetReader.Reading reading, Path file)
            throws CocoFormatException {
        if (!reading.refusals().isEmpty()) {
            throw reading.refusals().get(0).in(file.toString());
        }
        return reading.dataset();
    }

    /** {@return the images in file order; unmodifiable} */
    public List<CocoImage> images() {
        return images;
    }

    /** {@return the categories by ascending id; unmodifiable} */
    public List<CocoCategory> categories() {
        return categories;
    }

    /**
     * Returns the categories for programs that know integers alone, such as a model: an id that is
     * a string becomes the least positive integer that is still free.
     *
     * @return in the order of {@link #categories}
     */
    public List<CocoCategory> numberedCategories() {
        Set<Long> taken = new HashSet<>();
        categories.forEach(category -> taken.add(category.id()));
        List<CocoCategory> numbered = new ArrayList<>();
        long next = 1;
        for (CocoCategory category : categories) {
            if (!ids.isText(category.id())) {
                numbered.add(category);
                continue;
            }
            while (!taken.add(next)) {
                next++;
            }
            numbered.add(new CocoCategory(next, category.name(), category.supercategory()));
        }
        return Collections.unmodifiableList(numbered);
    }

    /** {@return the annotations of all images in file order; unmodifiable} */
    public List<CocoAnnotation> annotations() {
        return annotations;
    }

    /**
     * Finds the annotations of one image.
     *
     * @param imageId the image's id; it need not be listed in {@code images}
     * @return in file order; empty if the image has none
     */
    public List<CocoAnnotation> annotationsOf(long imageId) {
        return annotationsByImage.getOrDefault(imageId, List.of());
    }

    /**
     * Finds an image.
     *
     * @param id the image's id
     * @return the last image of this id, or empty if there is none
     */
    public Optional<CocoImage> image(long id) {
        return Optional.ofNullable(imagesById.get(id));
    }

    /**
     * Tells whether there is anything to find.
     *
     * @return whether an annotation that is no crowd lies on a listed image and is of a listed
     *     category
     */
    public boolean hasObjects() {
        Set<Long> listed = new HashSet<>();
        categories.forEach(category -> listed.add(category.id()));
        return annotations.stream()
                .anyMatch(
                        annotation ->
                                !annotation.crowd()
                                        && imagesById.containsKey(annotation.imageId())
                                        && listed.contains(annotation.categoryId()));
    }

    /**
     * Writes an id of this data set as its file does. That is the number itself, except for the
     * strings that are taken too, and the fractions and integers beyond 62 bits that {@link
     * #readForEvaluation} takes: records hold a negative number in their place.
     *
     * @param id of an image, category or annotation
     * @return JSON, so a string in double quotes
     */
    public String idText(long id) {
        return idJson(id).toString();
    }

    /**
     * Finds the id that a number in the records stands for, as {@link #idText} does.
     *
     * @param id of an image, category or annotation
     * @return a number, a string or null
     */
    public JsonElement idJson(long id) {
        Object value = ids.value(id);
        if (value instanceof String text) {
            return new JsonPrimitive(text);
        }
        return value instanceof Number number ? new JsonPrimitive(number) : JsonNull.INSTANCE;
    }

    /**
     * Writes a COCO instances file, whole or not at all.
     *
     * @param file compressed with gzip if its name ends in {@code .gz}
     * @throws IOException if it can't be written; an older file of this name is then left as it was
     */
    public void write(Path file) throws IOException {
        CocoWriter.write(this, file);
    }

    /** {@return what the annotations have beside boxes: masks, keypoints, or nothing (box)} */
    public IouType iouType() {
        return shapes.type();
    }

    /**
     * Draws the mask of an annotation.
     *
     * @param annotation position in {@link #annotations}
     * @return empty if masks were not read, and where the file has no mask that can be drawn
     */
    public Optional<Rle> mask(int annotation) {
        return image(annotations.get(annotation).imageId())
                .flatMap(image -> shapes.draw(annotation, image));
    }

    /**
     * Finds the keypoints of an annotation.
     *
     * @param annotation position in {@link #annotations}
     * @return empty if keypoints were not read, and where the file has none
     */
    public Optional<Keypoints> keypoints(int annotation) {
        return Optional.ofNullable(shapes.keypoints(annotation))
                .filter(points -> points.problem().isEmpty());
    }

    Shapes shapes() {
        return shapes;
    }

    /** The categories in file order. */
    List<CocoCategory> categoriesAsListed() {
        return categoriesAsListed;
    }

    /** The flaws by index into {@link #annotations}; sound annotations have none. */
    Map<Integer, AnnotationFlaw> flaws() {
        return flaws;
    }

    /** Whether the annotation's {@code ignore} field was set, which pycocotools overwrites. */
    boolean hasIgnoreFlag(int annotation) {
        return ignoreFlags.get(annotation);
    }

    IdTable ids() {
        return ids;
    }

    /** Where the data set was read from; null if it comes from memory. */
    Source source() {
        return source;
    }
}
