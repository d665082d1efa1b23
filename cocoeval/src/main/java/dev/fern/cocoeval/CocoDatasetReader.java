package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.RecordFields.Field;
import dev.fern.cocoeval.RecordFields.IdField;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.id.LooseIds;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a COCO instances file in one pass and keeps both what pycocotools would make of it and what
 * a strict reader has against it.
 */
final class CocoDatasetReader {
    /**
     * @param dataset all records that can be represented
     * @param refusals why pycocotools would not load the file; empty if it would
     * @param problems what else is wrong with single fields
     */
    record Reading(CocoDataset dataset, List<CocoProblem> refusals, List<CocoProblem> problems) {}

    /** One of the three arrays. If its name comes again, a new section replaces this one. */
    static final class Section<T> {
        final List<T> records = new ArrayList<>();
        final List<CocoProblem> refusals = new ArrayList<>();
        final List<CocoProblem> problems = new ArrayList<>();
        long[] offsets = new long[64];

        void add(T item, long offset) {
            if (records.size() == offsets.length) {
                offsets = Arrays.copyOf(offsets, 2 * offsets.length);
            }
            offsets[records.size()] = offset;
            records.add(item);
        }

        /** Files what is wrong with a record, where anything is (not null). */
        void report(CocoProblem... found) {
            for (CocoProblem problem : found) {
                if (problem != null) {
                    problems.add(problem);
                }
            }
        }

        /**
         * Files what is wrong with the ids of a record.
         *
         * @return whether pycocotools could go on
         */
        boolean accept(long offset, IdField... idFields) {
            boolean accepted = true;
            for (IdField id : idFields) {
                CocoProblem refusal = id.refusal(offset);
                accepted &= refusal == null;
                if (refusal == null) {
                    report(id.problem);
                } else {
                    refusals.add(refusal);
                }
            }
            return accepted;
        }
    }

    private interface RecordReader {
        void read() throws CocoFormatException;
    }

    private final JsonTokenizer in;
    private final IdTable ids = new IdTable();
    private final RecordFields fields;
    private Section<CocoImage> images;
    private Section<CocoCategory> categories;
    private Section<CocoAnnotation> annotations;
    private final boolean lenient;
    private final IouType type;
    private final boolean measuresMasks;
    private final Map<Long, Refusals.SizeFlaw> sizeFlaws = new HashMap<>();
    private AnnotationReader annotationReader;

    private CocoDatasetReader(
            JsonTokenizer in, boolean lenient, IouType type, boolean measuresMasks) {
        this.in = in;
        this.lenient = lenient;
        this.type = type;
        this.measuresMasks = measuresMasks;
        fields = new RecordFields(in, ids, lenient);
        annotationReader = newAnnotationReader();
    }

    private AnnotationReader newAnnotationReader() {
        return new AnnotationReader(in, fields, lenient, type, measuresMasks);
    }

    /** Reads a file as pycocotools does. */
    static Reading read(Path file, IouType type) throws CocoFormatException {
        return read(file, false, type, false);
    }

    /**
     * Reads a file with texts for ids, without {@code annotations}, and with annotations that lack
     * {@code iscrowd}, {@code area} or, where they have a mask, {@code bbox}. Few files ask for
     * masks; those are read twice.
     */
    static Reading readLeniently(Path file, IouType type) throws CocoFormatException {
        return read(file, true, type, type == IouType.SEGM);
    }

    private static Reading read(Path file, boolean lenient, IouType type, boolean measuresMasks)
            throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            CocoDatasetReader reader = new CocoDatasetReader(in, lenient, type, measuresMasks);
            Reading reading = reader.document(file.toString());
            boolean again = reader.annotationReader.lacksMasks() && Files.isRegularFile(file);
            return again ? read(file, true, type, true) : reading;
        } catch (CocoFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new CocoFormatException(file.toString(), "", -1, "can't be closed", e);
        }
    }

    private Reading document(String file) throws CocoFormatException {
        if (in.peek() != '{') {
            in.skipValue();
            in.endDocument();
            throw new CocoFormatException(
                    file, "", 0, "is not an object with images, annotations and categories");
        }
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "images" -> {
                    images = new Section<>();
                    section(images, this::image);
                }
                case "categories" -> {
                    categories = new Section<>();
                    section(categories, this::category);
                }
                case "annotations" -> {
                    annotations = new Section<>();
                    annotationReader = newAnnotationReader();
                    section(annotations, () -> annotationReader.read(annotations));
                }
                default -> in.skipValue();
            }
        }
        in.endDocument();

        List<CocoProblem> refusals = new ArrayList<>();
        List<CocoProblem> problems = new ArrayList<>();
        boolean hasAnnotations = annotations != null;
        if (images == null) {
            refusals.add(new CocoProblem(ERROR, "", -1, "has no \"images\""));
            images = new Section<>();
        }
        if (categories == null) {
            refusals.add(new CocoProblem(ERROR, "", -1, "has no \"categories\""));
            categories = new Section<>();
        }
        if (!hasAnnotations) {
            problems.add(
                    new CocoProblem(lenient ? WARNING : ERROR, "", -1, "has no \"annotations\""));
            annotations = new Section<>();
        }
        for (Section<?> section : List.of(images, categories, annotations)) {
            refusals.addAll(section.refusals);
            problems.addAll(section.problems);
        }
        annotationReader.addShared(problems);
        List<String> notes = new ArrayList<>(annotationReader.notes());
        CocoDataset dataset =
                new CocoDataset(
                        images.records,
                        categories.records,
                        lenient && !ids.isEmpty()
                                ? withListedIds(annotations.records, notes)
                                : annotations.records,
                        annotationReader.flaws(),
                        annotationReader.ignoreFlags(),
                        annotationReader.shapes(),
                        ids,
                        new CocoDataset.Source(
                                file,
                                images.offsets,
                                categories.offsets,
                                annotations.offsets,
                                hasAnnotations,
                                lenient,
                                List.copyOf(notes),
                                Map.copyOf(sizeFlaws)));
        return new Reading(dataset, refusals, problems);
    }

    /** Brings the ids in annotations to the type that images and categories have. */
    private List<CocoAnnotation> withListedIds(List<CocoAnnotation> read, List<String> notes) {
        LooseIds imageIds = new LooseIds(images.records.stream().mapToLong(CocoImage::id), ids);
        LooseIds categoryIds =
                new LooseIds(categories.records.stream().mapToLong(CocoCategory::id), ids);
        List<CocoAnnotation> matched = new ArrayList<>(read.size());
        int otherImages = 0;
        int otherCategories = 0;
        for (CocoAnnotation annotation : read) {
            long image = imageIds.find(annotation.imageId());
            long category = categoryIds.find(annotation.categoryId());
            otherImages += image != IdTable.NONE && image != annotation.imageId() ? 1 : 0;
            otherCategories +=
                    category != IdTable.NONE && category != annotation.categoryId() ? 1 : 0;
            matched.add(
                    new CocoAnnotation(
                            annotation.id(),
                            image == IdTable.NONE ? annotation.imageId() : image,
                            category == IdTable.NONE ? annotation.categoryId() : category,
                            annotation.box(),
                            annotation.area(),
                            annotation.crowd()));
        }
        note(notes, otherImages, "image_id", "images");
        note(notes, otherCategories, "category_id", "categories");
        return matched;
    }

    private static void note(List<String> notes, int count, String member, String section) {
        if (count > 0) {
            notes.add(
                    String.format(
                            "%d annotations have the %s as a string where \"%s\" have numbers, or the"
                                    + " other way round; those written alike are taken for the same",
                            count, member, section));
        }
    }

    private void section(Section<?> section, RecordReader reader) throws CocoFormatException {
        if (in.peek() != '[') {
            section.refusals.add(fields.problem(ERROR, in.offset(), "is not an array"));
            in.skipValue();
            return;
        }
        in.beginArray();
        while (in.nextElement()) {
            if (in.peek() != '{') {
                section.refusals.add(fields.problem(ERROR, in.offset(), "is not an object"));
                in.skipValue();
            } else {
                reader.read();
            }
        }
    }

    private void image() throws CocoFormatException {
        long offset = in.offset();
        IdField id = fields.id("id");
        Field fileName = fields.field();
        Field width = fields.field();
        Field height = fields.field();
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "file_name" -> fileName.read(ERROR, "is not a string", String.class);
                case "width" -> width.read(WARNING, "is not an integer", Long.class);
                case "height" -> height.read(WARNING, "is not an integer", Long.class);
                default -> in.skipValue();
            }
        }
        if (fileName.value == null) {
            fileName.problem = fields.problem(ERROR, offset, "has no file_name");
        }
        images.report(fileName.problem, width.problem, height.problem);
        if (images.accept(offset, id)) {
            noteSize(id.number, width, height, offset);
            images.add(
                    new CocoImage(id.number, fileName.text(), pixels(width), pixels(height)),
                    offset);
        }
    }

    /** Keeps what is wrong with the size of the last image of an id, for those who draw in it. */
    private void noteSize(long id, Field width, Field height, long offset) {
        sizeFlaws.remove(id);
        if (width.value == null || height.value == null) {
            String missing = height.value == null ? "height" : "width";
            sizeFlaws.put(
                    id,
                    new Refusals.SizeFlaw(
                            fields.problem(
                                    ERROR,
                                    offset,
                                    "has no " + missing + ", which masks need in pycocotools"),
                            true));
        } else if (width.asLength() < 0 || height.asLength() < 0) {
            String odd = height.asLength() < 0 ? "height" : "width";
            CocoProblem problem = fields.problem(ERROR, offset, "has no " + odd + " to draw in");
            sizeFlaws.put(id, new Refusals.SizeFlaw(problem, false));
        }
    }

    private static int pixels(Field field) {
        return Math.max(0, field.asLength());
    }

    private void category() throws CocoFormatException {
        long offset = in.offset();
        IdField id = fields.id("id");
        Field categoryName = fields.field();
        Field supercategory = fields.field();
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "name" -> categoryName.read(ERROR, "is not a string", String.class);
                case "supercategory" ->
                        supercategory.read(WARNING, "is not a string", String.class);
                default -> in.skipValue();
            }
        }
        if (categoryName.value == null) {
            categoryName.problem = fields.problem(ERROR, offset, "has no name");
        }
        categories.report(categoryName.problem, supercategory.problem);
        if (categories.accept(offset, id)) {
            categories.add(
                    new CocoCategory(id.number, categoryName.text(), supercategory.text()), offset);
        }
    }
}
