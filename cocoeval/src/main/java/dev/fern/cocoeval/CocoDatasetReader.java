package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.CocoDataset.AnnotationFlaw;
import dev.fern.cocoeval.RecordFields.BoxField;
import dev.fern.cocoeval.RecordFields.Field;
import dev.fern.cocoeval.RecordFields.IdField;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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
    private static final class Section<T> {
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
    private final Map<Integer, AnnotationFlaw> flaws = new HashMap<>();
    private final BitSet ignoreFlags = new BitSet();

    private CocoDatasetReader(JsonTokenizer in) {
        this.in = in;
        fields = new RecordFields(in, ids);
    }

    static Reading read(Path file) throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            return new CocoDatasetReader(in).document(file.toString());
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
                    flaws.clear();
                    ignoreFlags.clear();
                    section(annotations, this::annotation);
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
            problems.add(new CocoProblem(ERROR, "", -1, "has no \"annotations\""));
            annotations = new Section<>();
        }
        for (Section<?> section : List.of(images, categories, annotations)) {
            refusals.addAll(section.refusals);
            problems.addAll(section.problems);
        }
        CocoDataset dataset =
                new CocoDataset(
                        images.records,
                        categories.records,
                        annotations.records,
                        flaws,
                        ignoreFlags,
                        ids,
                        new CocoDataset.Source(
                                file,
                                images.offsets,
                                categories.offsets,
                                annotations.offsets,
                                hasAnnotations));
        return new Reading(dataset, refusals, problems);
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
        add(images.problems, fileName.problem, width.problem, height.problem);
        if (accept(images, offset, id)) {
            images.add(
                    new CocoImage(id.number, fileName.text(), pixels(width), pixels(height)),
                    offset);
        }
    }

    private static int pixels(Field field) {
        return field.value instanceof Long size && size > 0 && size <= Integer.MAX_VALUE
                ? size.intValue()
                : 0;
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
        add(categories.problems, categoryName.problem, supercategory.problem);
        if (accept(categories, offset, id)) {
            categories.add(
                    new CocoCategory(id.number, categoryName.text(), supercategory.text()), offset);
        }
    }

    private void annotation() throws CocoFormatException {
        long offset = in.offset();
        IdField id = fields.id("id");
        IdField imageId = fields.id("image_id");
        IdField categoryId = fields.id("category_id");
        BoxField box = fields.box();
        Field area = fields.field();
        Field crowd = fields.field();
        Field ignore = fields.field();
        boolean segmented = false;
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "image_id" -> imageId.read();
                case "category_id" -> categoryId.read();
                case "bbox" -> box.read();
                case "area" -> area.read(ERROR, "is not a number", Number.class);
                case "iscrowd" -> crowd.read(ERROR, "is not 0 or 1", Number.class);
                case "ignore" -> ignore.read(WARNING, "is not 0 or 1", Object.class);
                case "segmentation" -> segmented = skipSegmentation();
                default -> in.skipValue();
            }
        }
        if (!accept(annotations, offset, id, imageId, categoryId)) {
            return;
        }
        if (box.box == null) {
            box.refuse(fields.problem(ERROR, offset, "has no bbox"));
        }
        boolean areaRefused = !(area.value instanceof Number || area.value instanceof Boolean);
        double areaValue = areaRefused ? box.box.area() : area.asDouble().orElseThrow();
        if (area.value == null) {
            area.problem =
                    fields.problem(WARNING, offset, "has no area; the area of its bbox is used");
        } else if (!segmented && areaValue > 0 && areaValue < 0.99 * box.box.area() - 1) {
            area.problem =
                    fields.problem(
                            WARNING,
                            offset,
                            "area "
                                    + areaValue
                                    + " is less than the bbox's area, "
                                    + box.box.area()
                                    + ", though there is no segmentation");
        }
        int crowdByte = crowd.asByte();
        if (crowd.value == null) {
            crowd.problem = fields.problem(WARNING, offset, "has no iscrowd; 0 is used");
        } else if (crowd.problem == null && crowdByte != 0 && crowdByte != 1) {
            crowd.problem = fields.problem(ERROR, offset, "has an iscrowd other than 0 and 1");
        }
        boolean ignored = crowd.isTrue();
        if (box.refused || areaRefused || crowdByte < 0 || ignored != crowdByte > 0) {
            flaws.put(
                    annotations.records.size(),
                    new AnnotationFlaw(
                            box.refused ? box.problem : null,
                            areaRefused ? area.problem : null,
                            crowdByte < 0 ? crowd.problem : null,
                            ignored));
        }
        add(annotations.problems, box.problem, area.problem, crowd.problem);
        ignoreFlags.set(annotations.records.size(), ignore.isTrue());
        annotations.add(
                new CocoAnnotation(
                        id.number,
                        imageId.number,
                        categoryId.number,
                        box.box,
                        areaValue,
                        crowdByte > 0),
                offset);
    }

    /** Tells whether the segmentation is one, neither null nor empty. */
    private boolean skipSegmentation() throws CocoFormatException {
        if (in.peek() != '[') {
            return in.readValue() == Other.OBJECT;
        }
        boolean any = false;
        in.beginArray();
        while (in.nextElement()) {
            any = true;
            in.skipValue();
        }
        return any;
    }

    /**
     * Files what is wrong with the ids of a record.
     *
     * @return whether pycocotools could go on
     */
    private boolean accept(Section<?> section, long offset, IdField... idFields) {
        boolean accepted = true;
        for (IdField id : idFields) {
            CocoProblem refusal = id.refusal(offset);
            accepted &= refusal == null;
            if (refusal == null) {
                add(section.problems, id.problem);
            } else {
                section.refusals.add(refusal);
            }
        }
        return accepted;
    }

    private static void add(List<CocoProblem> problems, CocoProblem... found) {
        for (CocoProblem problem : found) {
            if (problem != null) {
                problems.add(problem);
            }
        }
    }
}
