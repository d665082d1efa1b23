package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.json.PythonText;
import dev.fern.cocoeval.variant.MaskExtent;
import java.util.OptionalDouble;

/**
 * Reads single fields of the records of a COCO instances file: what pycocotools would take for the
 * value, and what a strict reader has against it. If a record gives a field twice, the last one
 * counts.
 */
final class RecordFields {
    private final JsonTokenizer in;
    private final IdTable ids;
    private final boolean lenient;

    /**
     * @param ids takes the ids that are not ordinary integers
     * @param lenient whether an id may be a text
     */
    RecordFields(JsonTokenizer in, IdTable ids, boolean lenient) {
        this.in = in;
        this.ids = ids;
        this.lenient = lenient;
    }

    Field field() {
        return new Field();
    }

    IdField id(String name) {
        return new IdField(name);
    }

    /**
     * @param single whether pycocotools computes with the first four values by themselves, rather
     *     than make an array of them, which takes texts and null but no fifth
     */
    BoxField box(boolean single) {
        return new BoxField(single);
    }

    CocoProblem problem(CocoProblem.Severity severity, long offset, String message) {
        return new CocoProblem(severity, in.path(), offset, message);
    }

    /** A value of any kind; of an array or object only that it is there. */
    class Field {
        /** As {@link JsonTokenizer#readValue} gives it; null while the field was not met. */
        Object value;

        /** What is wrong with the value, or null. */
        CocoProblem problem;

        /**
         * Reads the value.
         *
         * @param wanted the kind of value that is no problem
         */
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

        /** Whether Python takes the value for true; no array or object counts as empty. */
        final boolean isTrue() {
            if (value instanceof Boolean truth) {
                return truth;
            }
            if (value instanceof Number number) {
                return number.doubleValue() != 0;
            }
            return value instanceof String text
                    ? !text.isEmpty()
                    : value != null && value != Other.NULL;
        }

        /** The value as numpy makes a double of it; empty where it raises. */
        final OptionalDouble asDouble() {
            return RecordFields.asDouble(value);
        }

        /**
         * The value as a length in pixels, its fraction cut off as Cython does; -1 where it raises
         * or no image is so long.
         */
        final int asLength() {
            double length =
                    value instanceof Number || value instanceof Boolean
                            ? asDouble().orElseThrow()
                            : Double.NaN;
            return length > -1 && length < 0x1p31 ? (int) length : -1;
        }

        /**
         * The value by Python's {@code int()}; -1 where Python raises, or numpy has no byte for it.
         */
        final int asByte() {
            double given = asInt();
            return given > -1 && given < 256 ? (int) given : -1;
        }

        /** Whether the value by Python's {@code int()} is not 0, as 1 or 0; -1 where it raises. */
        final int asTruth() {
            double given = asInt();
            return Double.isFinite(given) ? (Math.abs(given) < 1 ? 0 : 1) : -1;
        }

        private double asInt() {
            OptionalDouble number =
                    value instanceof String text
                            ? PythonText.toInt(text)
                            : value == Other.NULL ? OptionalDouble.empty() : asDouble();
            return number.orElse(Double.NaN);
        }
    }

    /** An id, which pycocotools requires at once. */
    final class IdField extends Field {
        private final String name;

        /** The id or its stand-in; {@link IdTable#NONE} for an array or object. */
        long number;

        private IdField(String name) {
            this.name = name;
        }

        void read() throws CocoFormatException {
            read(ERROR, "is not an integer", Number.class);
            number = isContainer() ? IdTable.NONE : ids.idOf(value);
            if (lenient && value instanceof String) {
                problem = null;
            } else if (problem == null && !(IdTable.canonical(value) instanceof Long)) {
                problem = problem(ERROR, in.offset(), "is not an integer of 64 bits");
            }
        }

        private boolean isContainer() {
            return value == Other.ARRAY || value == Other.OBJECT;
        }

        /**
         * Why pycocotools could not go on, or null if it could.
         *
         * @param offset of the record
         */
        CocoProblem refusal(long offset) {
            if (value == null) {
                return problem(ERROR, offset, "has no " + name);
            }
            return isContainer() ? problem : null;
        }
    }

    /** Four numbers; where pycocotools takes other things for numbers, so does this. */
    final class BoxField {
        /** Null while the field was not met. */
        Box box;

        /** Whether pycocotools would stumble over the box once it comes to use it. */
        boolean refused;

        CocoProblem problem;

        private final boolean single;
        private boolean empty;

        private BoxField(boolean single) {
            this.single = single;
        }

        /** Whether the field was not met, or a lenient reader finds nothing in it. */
        boolean isMissing() {
            return box == null || lenient && empty;
        }

        void take(MaskExtent mask) {
            refused = false;
            problem = null;
            box = new Box(mask.x(), mask.y(), mask.width(), mask.height());
        }

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
                empty = in.readValue() == Other.NULL;
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
            empty = count == 0;
            if (count == 4 || single && count > 4) {
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
            Object value = in.readValue();
            OptionalDouble number = asDouble(value);
            refused |= single ? !(value instanceof Boolean) : number.isEmpty();
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
}
