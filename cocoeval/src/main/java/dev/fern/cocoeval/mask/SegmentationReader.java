package dev.fern.cocoeval.mask;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.json.PythonText;
import dev.fern.cocoeval.json.Unusable;
import dev.fern.cocoeval.mask.Segmentation.CompressedRuns;
import dev.fern.cocoeval.mask.Segmentation.Polygons;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import dev.fern.cocoeval.mask.Segmentation.Runs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Reads the value of a {@code segmentation} member, straight into primitives, and takes what
 * pycocotools' {@code annToRLE} and {@code frPyObjects} take.
 */
public final class SegmentationReader {
    private static final int BOX = 4;

    private final JsonTokenizer in;
    private final boolean lenient;
    private double[] numbers = new double[64];
    private int count;

    /** What is wrong with the value that is being read, or null. */
    private Unusable problem;

    /**
     * Reads from a document.
     *
     * @param in to stand before each value that is read, and then behind it
     * @param lenient whether a first polygon may have less than three corners
     */
    public SegmentationReader(JsonTokenizer in, boolean lenient) {
        this.in = in;
        this.lenient = lenient;
    }

    /**
     * Reads one value.
     *
     * @return never null
     * @throws CocoFormatException if the value breaks JSON's syntax
     */
    public Segmentation read() throws CocoFormatException {
        problem = null;
        int c = in.peek();
        long offset = in.offset();
        return switch (c) {
            case '[' -> list(offset);
            case '{' -> object(offset, new HashSet<>(4));
            default -> {
                boolean isNull = in.readValue() == Other.NULL;
                yield refused(offset, isNull ? "is null" : "is no mask");
            }
        };
    }

    private Refused refused(long offset, String fault) {
        return new Refused(Unusable.at(in, offset, fault), false);
    }

    private void fail(long offset, String fault) {
        problem = problem == null ? Unusable.at(in, offset, fault) : problem;
    }

    // Lists of polygons, or of lists of runs: pycocotools looks at the first element

    private Segmentation list(long offset) throws CocoFormatException {
        in.beginArray();
        if (!in.nextElement()) {
            return refused(offset, "is an empty list, not polygons");
        }
        Segmentation read;
        if (in.peek() == '{') {
            read = listOfRuns(offset);
        } else {
            List<double[]> parts = new ArrayList<>(2);
            do {
                polygon(parts);
            } while (in.nextElement());
            read = new Polygons(parts);
        }
        return problem == null ? read : new Refused(problem, false);
    }

    private void polygon(List<double[]> parts) throws CocoFormatException {
        int c = in.peek();
        long start = in.offset();
        if (c != '[') {
            in.skipValue();
            fail(start, "is no polygon, a list of x and y in turn");
            return;
        }
        count = 0;
        in.beginArray();
        while (in.nextElement()) {
            add(coordinate());
        }
        if (parts.isEmpty() && count <= BOX && !lenient) {
            fail(
                    start,
                    "has "
                            + count
                            + " numbers; pycocotools refuses a first polygon of less than three"
                            + " corners");
        }
        for (int i = 0; i < count / 2 * 2; i++) {
            if (!PolygonRaster.isNear(numbers[i])) {
                fail(start, "has a corner at " + numbers[i] + ", no place near an image");
                break;
            }
        }
        parts.add(Arrays.copyOf(numbers, count));
    }

    private void add(double number) {
        if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * count);
        }
        numbers[count++] = number;
    }

    private double coordinate() throws CocoFormatException {
        boolean isNumber = in.isNumberNext();
        long start = in.offset();
        if (isNumber) {
            double number = in.readDouble();
            if (Double.isInfinite(number) && in.wasInteger()) {
                fail(start, "is an integer too large for a double");
            }
            return number;
        }
        Object value = in.readValue();
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        OptionalDouble number =
                value instanceof String text ? PythonText.toFloat(text) : OptionalDouble.empty();
        if (number.isEmpty() && value != Other.NULL) {
            fail(start, "is not a number");
        }
        return number.orElse(Double.NaN);
    }

    private Segmentation listOfRuns(long start) throws CocoFormatException {
        List<Rle> parts = new ArrayList<>(2);
        do {
            int c = in.peek();
            long partStart = in.offset();
            Set<String> names = new HashSet<>(4);
            Segmentation part = null;
            if (c == '{') {
                part = object(partStart, names);
            } else {
                in.skipValue();
            }
            if (part instanceof Runs runs && (!parts.isEmpty() || names.size() < BOX)) {
                parts.addAll(runs.parts());
            } else if (part instanceof Refused refused) {
                problem = problem == null ? refused.why() : problem;
            } else {
                fail(partStart, "can't be part of a list of masks; only lists of runs can");
            }
        } while (in.nextElement());
        if (parts.size() > 1 && problem == null) {
            try {
                return new Runs(List.of(Rle.union(parts)));
            } catch (IllegalArgumentException e) {
                fail(start, e.getMessage());
            }
        }
        return new Runs(parts);
    }

    // Run lengths: {"size": [height, width], "counts": "..." or [...]}

    private Segmentation object(long offset, Set<String> names) throws CocoFormatException {
        boolean hasCounts = false;
        boolean sized = false;
        long[] size = new long[2];
        byte[] text = null;
        long[] runs = null;
        Unusable countsProblem = null;
        Unusable sizeProblem = null;
        Unusable before = problem;
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            names.add(name);
            switch (name) {
                case "counts" -> {
                    hasCounts = true;
                    problem = null;
                    text = null;
                    runs = null;
                    int c = in.peek();
                    long start = in.offset();
                    if (c == '[') {
                        runs = runs();
                    } else {
                        text = in.readBytes();
                        if (text == null) {
                            in.skipValue();
                            fail(start, "is neither a text nor a list of runs");
                        }
                    }
                    countsProblem = problem;
                }
                case "size" -> {
                    sized = true;
                    problem = null;
                    size = size();
                    sizeProblem = problem;
                }
                default -> in.skipValue();
            }
        }
        problem = before;
        if (!hasCounts) {
            return refused(offset, "has no counts");
        }
        boolean packed = runs == null;
        Unusable found =
                countsProblem != null
                        ? countsProblem
                        : sized ? sizeProblem : Unusable.at(in, offset, "has no size");
        if (found != null) {
            return new Refused(found, packed);
        }
        return packed
                ? new CompressedRuns(size[0], size[1], text)
                : new Runs(List.of(Rle.ofRuns(size[0], size[1], runs)));
    }

    private long[] size() throws CocoFormatException {
        int c = in.peek();
        long start = in.offset();
        long[] size = new long[2];
        int read = 0;
        if (c == '[') {
            in.beginArray();
            for (; in.nextElement(); read++) {
                if (read < 2) {
                    size[read] = pixels();
                } else {
                    in.skipValue();
                }
            }
        } else {
            in.skipValue();
        }
        if (read < 2) {
            fail(start, "is not [height, width]");
        }
        return size;
    }

    private long pixels() throws CocoFormatException {
        in.peek();
        long start = in.offset();
        Object value = in.readValue();
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        // as Cython makes an unsigned integer of it, which cuts fractions off
        if (value instanceof Number number
                && number.doubleValue() > -1
                && number.doubleValue() < 0x1p63) {
            return number.longValue();
        }
        fail(start, "is not a number of pixels");
        return 0;
    }

    private long[] runs() throws CocoFormatException {
        count = 0;
        in.beginArray();
        while (in.nextElement()) {
            add(run());
        }
        long[] runs = new long[count];
        for (int i = 0; i < count; i++) {
            runs[i] = (long) numbers[i];
        }
        return runs;
    }

    /** One run as numpy makes an unsigned integer of 32 bits of it, exact in a double. */
    private double run() throws CocoFormatException {
        boolean isNumber = in.isNumberNext();
        long start = in.offset();
        double run = Double.NaN;
        if (isNumber) {
            run = in.readDouble();
        } else {
            Object value = in.readValue();
            if (value instanceof Boolean truth) {
                run = truth ? 1 : 0;
            } else if (value instanceof String text) {
                run = PythonText.toInt(text).orElse(Double.NaN);
            }
        }
        if (run > -1 && run < 0x1p32) {
            return (long) run;
        }
        fail(start, run <= -1 ? "is a negative run" : "is not a run of 0 to 4294967295 pixels");
        return 0;
    }
}
