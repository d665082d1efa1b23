package dev.fern.cocoeval;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The images, categories and annotations of a COCO instances file. Immutable.
 *
 * <p>{@link #read} takes nothing that a detector can't be trained on. {@link #readForEvaluation}
 * takes all that pycocotools takes, and leaves it to the evaluator to refuse an annotation that it
 * comes to use. Segmentations are skipped, never stored.
 */
public final class CocoDataset {
    /** Where records lie in the file that they were read from, in file order. */
    record Source(
            String file,
            long[] imageOffsets,
            long[] categoryOffsets,
            long[] annotationOffsets,
            boolean hasAnnotations) {}

    private final List<CocoImage> images;
    private final List<CocoCategory> categoriesAsListed;
    private final List<CocoCategory> categories;
    private final List<CocoAnnotation> annotations;
    private final Map<Integer, AnnotationFlaw> flaws;
    private final BitSet ignoreFlags;
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
            IdTable ids,
            Source source) {
        this.images = List.copyOf(images);
        this.categoriesAsListed = List.copyOf(categories);
        this.categories =
                categoriesAsListed.stream()
                        .sorted(Comparator.comparingLong(CocoCategory::id))
                        .toList();
        this.annotations = List.copyOf(annotations);
        this.flaws = Map.copyOf(flaws);
        this.ignoreFlags = ignoreFlags;
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
     * A data set from memory, as it is; {@link CocoValidator#check(CocoDataset)} tells whether it
     * is sound.
     */
    public static CocoDataset of(
            List<CocoImage> images,
            List<CocoCategory> categories,
            List<CocoAnnotation> annotations) {
        return new CocoDataset(
                images, categories, annotations, Map.of(), new BitSet(), new IdTable(), null);
    }

    /**
     * Reads a data set to train on, in one pass. A missing {@code area} becomes that of the box, a
     * missing {@code iscrowd} 0.
     *
     * @param file JSON, plain or gzip
     * @throws CocoFormatException if the file can't be read, is no COCO instances file, or has any
     *     {@linkplain CocoProblem.Severity#ERROR error} that {@link CocoValidator} knows
     */
    public static CocoDataset read(Path file) throws CocoFormatException {
        CocoDatasetReader.Reading reading = CocoDatasetReader.read(file);
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
                raw.ids,
                raw.source);
    }

    /**
     * Reads a data set to evaluate on, in one pass, as tolerantly as pycocotools: ids may be texts
     * or fractions or come twice, annotations may lie on images that are not listed, and fields
     * that the evaluation does not come to use may be missing or odd.
     *
     * @param file JSON, plain or gzip
     * @throws CocoFormatException if the file can't be read, or where pycocotools raises on loading
     */
    public static CocoDataset readForEvaluation(Path file) throws CocoFormatException {
        CocoDatasetReader.Reading reading = CocoDatasetReader.read(file);
        if (!reading.refusals().isEmpty()) {
            throw reading.refusals().get(0).in(file.toString());
        }
        return reading.dataset();
    }

    /** In file order. */
    public List<CocoImage> images() {
        return images;
    }

    /** By ascending id. */
    public List<CocoCategory> categories() {
        return categories;
    }

    /** In file order. */
    public List<CocoAnnotation> annotations() {
        return annotations;
    }

    /** Those of one image in file order; empty for an image that has none or is not known. */
    public List<CocoAnnotation> annotationsOf(long imageId) {
        return annotationsByImage.getOrDefault(imageId, List.of());
    }

    /** The image of this id; of several, the last. */
    public Optional<CocoImage> image(long id) {
        return Optional.ofNullable(imagesById.get(id));
    }

    /**
     * An id of this data set as its file writes it. That is the number itself but for ids that are
     * texts, fractions or beyond 62 bits, which {@link #readForEvaluation} takes too and for which
     * records have a negative stand-in.
     */
    public String idText(long id) {
        return idJson(id).toString();
    }

    /** The same as JSON. */
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
     * @param file compressed with gzip where the name ends in {@code .gz}
     * @throws IOException if it can't be written; an older file of this name is then left as it was
     */
    public void write(Path file) throws IOException {
        CocoWriter.write(this, file);
    }

    List<CocoCategory> categoriesAsListed() {
        return categoriesAsListed;
    }

    /** By index into {@link #annotations}. */
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

    /** Null for a data set from memory. */
    Source source() {
        return source;
    }

    /**
     * What keeps one annotation from being evaluated, or makes it unusual. pycocotools raises only
     * when it comes to use such an annotation, so the evaluator does too.
     *
     * @param box what is wrong with {@code bbox}, or null
     * @param area what is wrong with {@code area}, or null
     * @param crowd why {@code iscrowd} has no value as an integer, or null
     * @param ignored whether Python takes the value of {@code iscrowd} for true, which makes the
     *     annotation an ignored one; 0.5 is true and yet 0 as an integer
     */
    record AnnotationFlaw(CocoProblem box, CocoProblem area, CocoProblem crowd, boolean ignored) {}
}
