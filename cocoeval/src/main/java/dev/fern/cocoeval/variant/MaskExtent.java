package dev.fern.cocoeval.variant;

import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.Polygons;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * How far the mask of an object reaches: of run lengths as pycocotools' {@code toBbox} and {@code
 * area} compute it, of polygons their bounds and the sum of their areas.
 *
 * @param x of the left edge, in pixels
 * @param y of the upper edge, in pixels
 * @param width in pixels, at least 0
 * @param height in pixels, at least 0
 * @param area in square pixels, at least 0
 */
public record MaskExtent(double x, double y, double width, double height, double area) {
    private static final long LONGEST = 1 << 20;

    /**
     * Measures a mask.
     *
     * @param mask as a file holds it
     * @return empty for what is no mask, and for runs that do not fit the size of their image
     */
    public static Optional<MaskExtent> of(Segmentation mask) {
        try {
            if (mask instanceof Polygons polygons) {
                return ofPolygons(polygons.parts());
            }
            if (isOne(mask)) {
                return ofRuns(mask.draw(0, 0));
            }
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /**
     * Tells whether a file holds a mask.
     *
     * @param mask null where it holds nothing
     * @return whether there is anything to measure
     */
    public static boolean isOne(Segmentation mask) {
        return mask != null && !(mask instanceof Refused);
    }

    private static Optional<MaskExtent> ofPolygons(List<double[]> parts) {
        double left = Double.POSITIVE_INFINITY;
        double top = Double.POSITIVE_INFINITY;
        double right = Double.NEGATIVE_INFINITY;
        double bottom = Double.NEGATIVE_INFINITY;
        double area = 0;
        for (double[] xy : parts) {
            if (xy.length % 2 != 0) {
                return Optional.empty();
            }
            for (int i = 0; i < xy.length; i += 2) {
                left = Math.min(left, xy[i]);
                top = Math.min(top, xy[i + 1]);
                right = Math.max(right, xy[i]);
                bottom = Math.max(bottom, xy[i + 1]);
            }
            area += area(xy);
        }
        return Double.isFinite(right - left) && Double.isFinite(bottom - top + area)
                ? Optional.of(new MaskExtent(left, top, right - left, bottom - top, area))
                : Optional.empty();
    }

    /** The area of one polygon (the shoelace formula). */
    private static double area(double[] xy) {
        if (xy.length < 6) {
            return 0;
        }
        double doubled = 0;
        for (int i = 2; i < xy.length; i += 2) {
            doubled += xy[i - 2] * xy[i + 1] - xy[i] * xy[i - 1];
        }
        int last = xy.length - 2;
        return Math.abs(doubled + xy[last] * xy[1] - xy[0] * xy[last + 1]) / 2;
    }

    private static Optional<MaskExtent> ofRuns(Rle mask) {
        boolean sized =
                mask.height() > 0
                        && mask.width() > 0
                        && mask.height() <= LONGEST
                        && mask.width() <= LONGEST;
        if (!sized || LongStream.of(mask.runs()).sum() > mask.height() * mask.width()) {
            return Optional.empty();
        }
        double[] box = mask.area() == 0 ? new double[4] : mask.box();
        return Optional.of(new MaskExtent(box[0], box[1], box[2], box[3], mask.area()));
    }
}
