package dev.fern.cocoeval.mask;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A mask as run lengths down the columns of an image: those of background and of the object in
 * turn, background first. Immutable.
 *
 * <p>All numbers are those of pycocotools 2.0.11, odd masks included: runs need not sum to {@code
 * height * width}, and areas and boxes are computed modulo 2^32. Where pycocotools never ends or
 * reads beyond its memory, an {@link IllegalArgumentException} says why.
 */
public final class Rle {
    private final long height;
    private final long width;

    /** Unsigned. */
    private final int[] runs;

    Rle(long height, long width, int[] runs) {
        this.height = height;
        this.width = width;
        this.runs = runs;
    }

    /**
     * Makes a mask of what pycocotools would unpack: it packs the runs of every mask that it makes,
     * and a run that is shorter than the one before the last by more than 2^29 comes out as
     * another.
     */
    static Rle packed(long height, long width, int[] runs) {
        int longest = 0;
        for (int run : runs) {
            longest |= run;
        }
        return longest >>> 29 == 0
                ? new Rle(height, width, runs)
                : parse(height, width, RunText.of(runs));
    }

    /**
     * Makes a mask of runs.
     *
     * @param height of the image in pixels, at least 0
     * @param width of the image in pixels, at least 0
     * @param runs lengths in pixels, 0 to 2^32 - 1; background first
     * @return a mask of these runs
     * @throws IllegalArgumentException if a number is out of its range
     */
    public static Rle ofRuns(long height, long width, long... runs) {
        requireSize(height, width);
        int[] counts = new int[runs.length];
        for (int i = 0; i < runs.length; i++) {
            if (runs[i] < 0 || runs[i] > 0xffff_ffffL) {
                throw new IllegalArgumentException(
                        "run " + i + " is " + runs[i] + ", not 0 to 4294967295");
            }
            counts[i] = (int) runs[i];
        }
        return packed(height, width, counts);
    }

    /**
     * Unpacks COCO's compressed form, a text of five bits to a character.
     *
     * @param height of the image in pixels, at least 0
     * @param width of the image in pixels, at least 0
     * @param text such as {@code "n5i0=N10001"}
     * @return the mask
     * @throws IllegalArgumentException if the text ends within a number
     */
    public static Rle parse(long height, long width, String text) {
        requireSize(height, width);
        return new Rle(height, width, RunText.runs(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Draws polygons as pycocotools does: the pixels of each by the even-odd rule, all united.
     *
     * @param height of the image in pixels, at least 0
     * @param width of the image in pixels, at least 0
     * @param polygons one or more, each x, y, x, y ... in pixels; a last x without y is left out
     * @return the mask; empty where polygons lie outside the image or between the pixels
     * @throws IllegalArgumentException without a polygon, for corners that are not finite or lie
     *     more than 2^30 / 5 pixels away, and for outlines with too many pixels to hold
     */
    public static Rle ofPolygons(long height, long width, List<double[]> polygons) {
        requireSize(height, width);
        if (polygons.isEmpty()) {
            throw new IllegalArgumentException("there is no polygon");
        }
        List<Rle> parts = new ArrayList<>(polygons.size());
        long runs = 0;
        for (double[] xy : polygons) {
            int[] part = PolygonRaster.runs(xy, height, width);
            runs += part.length;
            if (runs > PolygonRaster.MOST_PASSAGES) {
                throw PolygonRaster.tooLarge();
            }
            parts.add(packed(height, width, part));
        }
        return RunMerge.union(parts);
    }

    /**
     * Draws a box, as the polygon of its four corners.
     *
     * @param height of the image in pixels, at least 0
     * @param width of the image in pixels, at least 0
     * @param xywh left, top, width and height in pixels
     * @return the mask
     * @throws IllegalArgumentException as {@link #ofPolygons} throws it
     */
    public static Rle ofBox(long height, long width, double... xywh) {
        double right = xywh[0] + xywh[2];
        double bottom = xywh[1] + xywh[3];
        double[] corners = {xywh[0], xywh[1], xywh[0], bottom, right, bottom, right, xywh[1]};
        return ofPolygons(height, width, List.of(corners));
    }

    /**
     * Encodes pixels.
     *
     * @param pixels [height][width], rows of equal length; true for the object
     * @return the mask
     * @throws IllegalArgumentException if the rows differ in length
     */
    public static Rle ofPixels(boolean[][] pixels) {
        int height = pixels.length;
        int width = height == 0 ? 0 : pixels[0].length;
        if (Arrays.stream(pixels).anyMatch(row -> row.length != width)) {
            throw new IllegalArgumentException("the rows of pixels differ in length");
        }
        int[] runs = new int[16];
        int count = 0;
        boolean inside = false;
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                if (pixels[y][x] != inside) {
                    inside = !inside;
                    count++;
                    runs = count == runs.length ? Arrays.copyOf(runs, 2 * count) : runs;
                }
                runs[count]++;
            }
        }
        return new Rle(height, width, Arrays.copyOf(runs, count + 1));
    }

    private static void requireSize(long height, long width) {
        if (height < 0 || width < 0) {
            throw new IllegalArgumentException(
                    "a mask can't be " + height + " pixels high and " + width + " wide");
        }
    }

    /** {@return the height of the image in pixels} */
    public long height() {
        return height;
    }

    /** {@return the width of the image in pixels} */
    public long width() {
        return width;
    }

    /** {@return the lengths of the runs in pixels, background first; a copy} */
    public long[] runs() {
        return Arrays.stream(runs).mapToLong(Integer::toUnsignedLong).toArray();
    }

    /** Not to be changed. */
    int[] unsignedRuns() {
        return runs;
    }

    /** {@return COCO's compressed form, which {@link #parse} reads} */
    public String text() {
        return RunText.of(runs);
    }

    /** {@return how many pixels the object has, modulo 2^32} */
    public long area() {
        return RunExtent.area(runs, runs.length);
    }

    /**
     * Finds the box around the object ({@code toBbox}).
     *
     * @return left, top, width and height in pixels; all 0 for a mask without a run of the object
     * @throws IllegalArgumentException for runs in an image without rows, over which pycocotools
     *     dies
     */
    public double[] box() {
        return RunExtent.box(height, width, runs, runs.length);
    }

    /**
     * Unpacks the pixels.
     *
     * @return [height][width], true for the object; pixels after the last run are false
     * @throws IllegalArgumentException if the runs go on beyond the image, or it is too large to
     *     hold
     */
    public boolean[][] decode() {
        if (height > Integer.MAX_VALUE
                || width > Integer.MAX_VALUE
                || height * width > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    height + " x " + width + " pixels are too many to hold");
        }
        boolean[][] pixels = new boolean[(int) height][(int) width];
        long at = 0;
        for (int i = 0; i < runs.length; i++) {
            long end = at + Integer.toUnsignedLong(runs[i]);
            if (end > height * width) {
                throw new IllegalArgumentException("the runs go on beyond the image");
            }
            for (; i % 2 == 1 && at < end; at++) {
                pixels[(int) (at % height)][(int) (at / height)] = true;
            }
            at = end;
        }
        return pixels;
    }

    /**
     * Unites masks.
     *
     * @param masks one or more of one size
     * @return the pixels of any; of size [0, 0] if sizes differ, as in pycocotools
     * @throws IllegalArgumentException without a mask, and where pycocotools would never end or
     *     crash: on several masks of which one has no runs, or whose runs sum to different totals
     */
    public static Rle union(List<Rle> masks) {
        requireAny(masks);
        return RunMerge.union(masks);
    }

    /**
     * Intersects masks.
     *
     * @param masks one or more of one size
     * @return the pixels of all; of size [0, 0] if sizes differ, as in pycocotools
     * @throws IllegalArgumentException as {@link #union} throws it
     */
    public static Rle intersection(List<Rle> masks) {
        requireAny(masks);
        return RunMerge.intersection(masks);
    }

    private static void requireAny(List<Rle> masks) {
        if (masks.isEmpty()) {
            throw new IllegalArgumentException("there is no mask to merge");
        }
    }

    /**
     * Computes the intersection over union with another mask.
     *
     * @param other of the same size
     * @return 0 to 1 for sound masks; 0 if the boxes do not meet, else -1 if the sizes differ, as
     *     in pycocotools
     * @throws IllegalArgumentException if the boxes meet and the runs sum to different totals, over
     *     which pycocotools never ends
     */
    public double iou(Rle other) {
        return RunOverlap.iou(this, box(), other, other.box(), false);
    }

    /**
     * Computes which part of this mask lies within a crowd.
     *
     * @param crowd of the same size
     * @return the intersection over this mask's area; as {@link #iou} where that is undefined
     * @throws IllegalArgumentException as {@link #iou} throws it
     */
    public double partWithin(Rle crowd) {
        return RunOverlap.iou(this, box(), crowd, crowd.box(), true);
    }

    /** Whether both have the same size and the same runs. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Rle mask
                && mask.height == height
                && mask.width == width
                && Arrays.equals(mask.runs, runs);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(height) + Long.hashCode(width)) + Arrays.hashCode(runs);
    }

    /** {@return size and compressed form, as COCO files write them} */
    @Override
    public String toString() {
        return "{\"size\": [" + height + ", " + width + "], \"counts\": \"" + text() + "\"}";
    }
}
