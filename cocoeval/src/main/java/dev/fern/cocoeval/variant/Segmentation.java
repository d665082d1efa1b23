package dev.fern.cocoeval.variant;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.JsonTokenizer;
import java.util.Arrays;
import java.util.Optional;

/**
 * How far the mask of an object reaches: of run lengths as pycocotools' {@code toBbox} and {@code
 * area} compute it, of polygons their bounds and the sum of their areas.
 *
 * @param x of the left edge, in pixels
 * @param y of the upper edge, in pixels
 * @param width in pixels, at least 0
 * @param height in pixels, at least 0
 * @param area in square pixels, at least 0
 * @param compressed whether it was a text of run lengths, the one form that pycocotools takes in
 *     results
 */
public record Segmentation(
        double x, double y, double width, double height, double area, boolean compressed) {
    private static final int MAX_RUNS = 1 << 24;

    /**
     * Reads the value of a {@code segmentation} member.
     *
     * @param in stands before the value, and then behind it
     * @return empty for null, an empty array, and whatever is no mask
     * @throws CocoFormatException if the value breaks JSON's syntax
     */
    public static Optional<Segmentation> read(JsonTokenizer in) throws CocoFormatException {
        return switch (in.peek()) {
            case '[' -> polygons(in);
            case '{' -> runLengths(in);
            default -> {
                in.skipValue();
                yield Optional.empty();
            }
        };
    }

    // Polygons: [[x1, y1, x2, y2, ...], ...]

    private static Optional<Segmentation> polygons(JsonTokenizer in) throws CocoFormatException {
        Bounds bounds = new Bounds();
        double area = 0;
        in.beginArray();
        while (in.nextElement()) {
            if (in.peek() == '[') {
                area += polygon(in, bounds);
            } else {
                in.skipValue();
                bounds.broken = true;
            }
        }
        return bounds.isUsable() && Double.isFinite(area)
                ? Optional.of(
                        new Segmentation(
                                bounds.left,
                                bounds.top,
                                bounds.right - bounds.left,
                                bounds.bottom - bounds.top,
                                area,
                                false))
                : Optional.empty();
    }

    /** Returns the area of one polygon (the shoelace formula). */
    private static double polygon(JsonTokenizer in, Bounds bounds) throws CocoFormatException {
        double doubled = 0;
        double x = Double.NaN;
        double firstX = Double.NaN;
        double firstY = Double.NaN;
        double lastX = Double.NaN;
        double lastY = Double.NaN;
        int count = 0;
        in.beginArray();
        for (; in.nextElement(); count++) {
            if (!in.isNumberNext()) {
                in.skipValue();
                bounds.broken = true;
                continue;
            }
            double number = in.readDouble();
            if (count % 2 == 0) {
                x = number;
                continue;
            }
            bounds.add(x, number);
            if (count == 1) {
                firstX = x;
                firstY = number;
            } else {
                doubled += lastX * number - x * lastY;
            }
            lastX = x;
            lastY = number;
        }
        if (count % 2 != 0) {
            bounds.broken = true;
        }
        return count < 6 ? 0 : Math.abs(doubled + lastX * firstY - firstX * lastY) / 2;
    }

    private static final class Bounds {
        private double left = Double.POSITIVE_INFINITY;
        private double top = Double.POSITIVE_INFINITY;
        private double right = Double.NEGATIVE_INFINITY;
        private double bottom = Double.NEGATIVE_INFINITY;
        private boolean broken;

        void add(double x, double y) {
            left = Math.min(left, x);
            top = Math.min(top, y);
            right = Math.max(right, x);
            bottom = Math.max(bottom, y);
        }

        boolean isUsable() {
            return !broken && Double.isFinite(right - left) && Double.isFinite(bottom - top);
        }
    }

    // Run lengths: {"size": [height, width], "counts": "..." or [...]}

    private static Optional<Segmentation> runLengths(JsonTokenizer in) throws CocoFormatException {
        long[] size = new long[0];
        long[] runs = null;
        boolean compressed = false;
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            if (name.equals("size") && in.peek() == '[') {
                size = integers(in);
            } else if (name.equals("counts") && in.peek() == '[') {
                runs = integers(in);
                compressed = false;
            } else if (name.equals("counts")) {
                runs = in.readValue() instanceof String text ? unpacked(text) : null;
                compressed = true;
            } else {
                in.skipValue();
            }
        }
        boolean sized = size.length == 2 && isLength(size[0]) && isLength(size[1]);
        return sized && runs != null
                ? extent(size[0], size[0] * size[1], runs, compressed)
                : Optional.empty();
    }

    private static boolean isLength(long pixels) {
        return pixels > 0 && pixels <= 1 << 20;
    }

    /** Reads an array of integers; -1 stands for what is none. */
    private static long[] integers(JsonTokenizer in) throws CocoFormatException {
        long[] numbers = new long[16];
        int count = 0;
        in.beginArray();
        while (in.nextElement()) {
            Object value = in.readValue();
            if (count == numbers.length && count < MAX_RUNS) {
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            if (count < numbers.length) {
                numbers[count++] = value instanceof Long number ? number : -1;
            }
        }
        return Arrays.copyOf(numbers, count);
    }

    /**
     * Unpacks COCO's text of run lengths ({@code rleFrString}): five bits to a character, from the
     * lowest, and from the third run on the difference to the run before the last one.
     */
    private static long[] unpacked(String text) {
        long[] runs = new long[text.length()];
        int count = 0;
        int at = 0;
        while (at < text.length()) {
            long run = 0;
            int bits = 0;
            boolean more = true;
            while (more) {
                int c = at < text.length() ? text.charAt(at++) - '0' : -1;
                if (c < 0 || c > 63 || bits > 30) {
                    return null;
                }
                run |= (long) (c & 0x1f) << bits;
                bits += 5;
                more = (c & 0x20) != 0;
                if (!more && (c & 0x10) != 0) {
                    run |= -1L << bits;
                }
            }
            runs[count] = count > 2 ? run + runs[count - 2] : run;
            count++;
        }
        return Arrays.copyOf(runs, count);
    }

    /** Follows the runs down the columns, those of background and of the object in turn. */
    private static Optional<Segmentation> extent(
            long height, long pixels, long[] runs, boolean compressed) {
        long left = Long.MAX_VALUE;
        long top = Long.MAX_VALUE;
        long right = -1;
        long bottom = -1;
        long start = 0;
        long area = 0;
        for (int i = 0; i < runs.length; i++) {
            long end = start + runs[i];
            if (runs[i] < 0 || end > pixels) {
                return Optional.empty();
            }
            if (i % 2 == 1 && runs[i] > 0) {
                area += runs[i];
                boolean severalColumns = start / height < (end - 1) / height;
                left = Math.min(left, start / height);
                right = Math.max(right, (end - 1) / height);
                top = severalColumns ? 0 : Math.min(top, start % height);
                bottom = severalColumns ? height - 1 : Math.max(bottom, (end - 1) % height);
            }
            start = end;
        }
        return Optional.of(
                area == 0
                        ? new Segmentation(0, 0, 0, 0, 0, compressed)
                        : new Segmentation(
                                left, top, right - left + 1, bottom - top + 1, area, compressed));
    }
}
