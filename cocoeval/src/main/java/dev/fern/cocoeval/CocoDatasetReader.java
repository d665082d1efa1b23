package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.CocoDataset.AnnotationFlaw;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.json.PythonText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Reads a COCO instances file once and keeps both what pycocotools would make of it and what a
 * strict reader has against it.
 */
final class CocoDatasetReader {
    /**
     * @param dataset all records that can be represented
     * @param refusals why pycocotools would not load the file; empty if it would
     * @param problems what else is wrong with single fields
     */
    record Reading(CocoDataset dataset, List<CocoProblem> refusals, List<CocoProblem> problems) {}

    /** One of the three arrays, begun anew when its name comes again: the last one counts. */
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
    private Section<CocoImage> images;
    private Section<CocoCategory> categories;
    private Section<CocoAnnotation> annotations;
    private final Map<Integer, AnnotationFlaw> flaws = new HashMap<>();
    private final BitSet ignoreFlags = new BitSet();

    private CocoDatasetReader(JsonTokenizer in) {
        this.in = in;
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
            section.refusals.add(problem(ERROR, in.offset(), "is not an array"));
            in.skipValue();
            return;
        }
        in.beginArray();
        while (in.nextElement()) {
            if (in.peek() != '{') {
                section.refusals.add(problem(ERROR, in.offset(), "is not an object"));
                in.skipValue();
            } else {
                reader.read();
            }
        }
    }

    private void image() throws CocoFormatException {
        long offset = in.offset();
        IdField id = new IdField("id");
        Field fileName = new Field();
        Field width = new Field();
        Field height = new Field();
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "file_name" -> fileName.read(ERROR, "is not a text", String.class);
                case "width" -> width.read(WARNING, "is not an integer", Long.class);
                case "height" -> height.read(WARNING, "is not an integer", Long.class);
                default -> in.skipValue();
            }
        }
        if (fileName.value == null) {
            fileName.problem = problem(ERROR, offset, "has no file_name");
        }
        add(images.problems, fileName.problem, width.problem, height.problem);
        if (id.accepted(images, offset)) {
            images.add(
                    new CocoImage(id.id, fileName.text(), pixels(width), pixels(height)), offset);
        }
    }

    private static int pixels(Field field) {
        return field.value instanceof Long size && size > 0 && size <= Integer.MAX_VALUE
                ? size.intValue()
                : 0;
    }

    private void category() throws CocoFormatException {
        long offset = in.offset();
        IdField id = new IdField("id");
        Field categoryName = new Field();
        Field supercategory = new Field();
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "name" -> categoryName.read(ERROR, "is not a text", String.class);
                case "supercategory" -> supercategory.read(WARNING, "is not a text", String.class);
                default -> in.skipValue();
            }
        }
        if (categoryName.value == null) {
            categoryName.problem = problem(ERROR, offset, "has no name");
        }
        add(categories.problems, categoryName.problem, supercategory.problem);
        if (id.accepted(categories, offset)) {
            categories.add(
                    new CocoCategory(id.id, categoryName.text(), supercategory.text()), offset);
        }
    }

    private void annotation() throws CocoFormatException {
        long offset = in.offset();
        IdField id = new IdField("id");
        IdField imageId = new IdField("image_id");
        IdField categoryId = new IdField("category_id");
        BoxField box = new BoxField();
        Field area = new Field();
        Field crowd = new Field();
        Field ignore = new Field();
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
        if (!id.accepted(annotations, offset)
                | !imageId.accepted(annotations, offset)
                | !categoryId.accepted(annotations, offset)) {
            return;
        }
        if (box.box == null) {
            box.refuse(problem(ERROR, offset, "has no bbox"));
        }
        boolean areaRefused = !(area.value instanceof Number || area.value instanceof Boolean);
        double areaValue = areaRefused ? box.box.area() : asDouble(area.value).orElseThrow();
        if (area.value == null) {
            area.problem = problem(WARNING, offset, "has no area; that of its box stands in");
        } else if (!segmented && areaValue > 0 && areaValue < 0.99 * box.box.area() - 1) {
            area.problem =
                    problem(
                            WARNING,
                            offset,
                            "area "
                                    + areaValue
                                    + " disagrees with the "
                                    + box.box.area()
                                    + " of bbox, and no segmentation tells why");
        }
        int crowdByte = crowd.value == null ? -1 : asByte(crowd.value);
        if (crowd.value == null) {
            crowd.problem = problem(WARNING, offset, "has no iscrowd; 0 stands in");
        } else if (crowd.problem == null && crowdByte != 0 && crowdByte != 1) {
            crowd.problem = problem(ERROR, offset, "has an iscrowd other than 0 and 1");
        }
        boolean ignored = crowd.value != null && isTrue(crowd.value);
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
        ignoreFlags.set(annotations.records.size(), ignore.value != null && isTrue(ignore.value));
        annotations.add(
                new CocoAnnotation(
                        id.id, imageId.id, categoryId.id, box.box, areaValue, crowdByte > 0),
                offset);
    }

    /** Whether there is any. */
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

    /** Any value but an array or object, whose content is skipped; its last occurrence counts. */
    private class Field {
        /** Null while the field was not met. */
        Object value;

        CocoProblem problem;

        final void read(CocoProblem.Severity severity, String fault, Class<?> wanted)
                throws CocoFormatException {
            in.peek();
            long offset = in.offset();
            value = in.readValue();
            problem = wanted.isInstance(value) ? null : problem(severity, offset, fault);
        }

        final String text() {
            return value instanceof String text ? text : "";
        }
    }

    /** An id, which pycocotools requires at once. */
    private final class IdField extends Field {
        private final String name;
        long id;

        IdField(String name) {
            this.name = name;
        }

        void read() throws CocoFormatException {
            read(ERROR, "is not an integer", Number.class);
            boolean container = value == Other.ARRAY || value == Other.OBJECT;
            id = container ? IdTable.NONE : ids.idOf(value);
            if (problem == null && !(IdTable.canonical(value) instanceof Long)) {
                problem = problem(ERROR, in.offset(), "is not an integer of 64 bits");
            }
        }

        /** Whether pycocotools could go on; files what is wrong. */
        boolean accepted(Section<?> section, long offset) {
            if (value == null) {
                section.refusals.add(problem(ERROR, offset, "has no " + name));
                return false;
            }
            boolean container = value == Other.ARRAY || value == Other.OBJECT;
            add(container ? section.refusals : section.problems, problem);
            return !container;
        }
    }

    /** Four numbers; where pycocotools takes other things for numbers, so does this. */
    private final class BoxField {
        /** Null while the field was not met. */
        Box box;

        boolean refused;
        CocoProblem problem;

        void refuse(CocoProblem reason) {
            refused = true;
            problem = reason;
            box = new Box(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }

        void read() throws CocoFormatException {
            refused = false;
            problem = null;
            int c = in.peek();
            long start = in.offset();
            if (c != '[') {
                in.skipValue();
                refuse(problem(ERROR, start, "is not an array of four numbers"));
                return;
            }
            double[] numbers = new double[4];
            int count = 0;
            in.beginArray();
            for (; in.nextElement(); count++) {
                double number = element();
                if (count < 4) {
                    numbers[count] = number;
                }
            }
            if (count == 4) {
                box = new Box(numbers[0], numbers[1], numbers[2], numbers[3]);
            } else {
                refuse(problem(ERROR, start, "has " + count + " numbers instead of four"));
            }
        }

        private double element() throws CocoFormatException {
            boolean isNumber = in.isNumberNext();
            long start = in.offset();
            if (isNumber) {
                double number = in.readDouble();
                if (Double.isInfinite(number) && in.wasInteger()) {
                    refused = true;
                    problem = problem(ERROR, start, "is an integer too large for a double");
                }
                return number;
            }
            OptionalDouble number = asDouble(in.readValue());
            refused |= number.isEmpty();
            problem = problem(ERROR, start, "is not a number");
            return number.orElse(Double.NaN);
        }
    }

    private static OptionalDouble asDouble(Object value) {
        if (value instanceof Number number) {
            return OptionalDouble.of(number.doubleValue());
        }
        if (value instanceof Boolean truth) {
            return OptionalDouble.of(truth ? 1 : 0);
        }
        if (value instanceof String text) {
            return PythonText.toFloat(text);
        }
        return value == Other.NULL ? OptionalDouble.of(Double.NaN) : OptionalDouble.empty();
    }

    /** Python's {@code int()}, then into a byte, as numpy refuses what does not fit; -1 if not. */
    private static int asByte(Object value) {
        OptionalDouble number =
                value instanceof String text
                        ? PythonText.toInt(text)
                        : value == Other.NULL ? OptionalDouble.empty() : asDouble(value);
        double given = number.orElse(Double.NaN);
        return given > -1 && given < 256 ? (int) given : -1;
    }

    /** Whether Python takes a value for true. Of arrays and objects, it would be the empty ones. */
    private static boolean isTrue(Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        return value instanceof String text ? !text.isEmpty() : value != Other.NULL;
    }

    private CocoProblem problem(CocoProblem.Severity severity, long offset, String message) {
        return new CocoProblem(severity, in.path(), offset, message);
    }

    private static void add(List<CocoProblem> problems, CocoProblem... found) {
        for (CocoProblem problem : found) {
            if (problem != null) {
                problems.add(problem);
            }
        }
    }
}
