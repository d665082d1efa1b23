package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.image.CanvasRule;
import dev.fern.tools.dataset.DatasetStatistics.CanvasBox;
import dev.fern.tools.dataset.ShapeClusters.Shape;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Anchors for the boxes of a data set, and how many boxes they match.
 *
 * @param present the anchors that were there before
 * @param suggested anchors that match more boxes; the present ones where none match clearly more
 * @param boxes number of boxes that were looked at
 */
record AnchorSuggestion(Fit present, Fit suggested, int boxes) {

    /** More boxes tell no more about their shapes. */
    private static final int MOST_BOXES = 20_000;

    /** Anchors that match fewer additional boxes than this part are not worth a change. */
    private static final double CLEARLY = 0.01;

    /** A detector hardly learns so large a part of the boxes. */
    private static final double MANY = 0.1;

    private static final int FIRST_STRIDE = 8;

    /**
     * Least sides of a level's anchors in strides, the better first: of smaller anchors, a box can
     * lie between two.
     */
    private static final double[] LEAST_STRIDES = {2, 1};

    /** Beyond, a coarser level finds the box at a quarter of the cost. */
    private static final double MOST_STRIDES = 8;

    /**
     * How anchors fit boxes.
     *
     * @param anchors laid over each canvas
     * @param matched part of the boxes with an anchor at or above the matcher's positive IoU
     * @param missed part of the boxes whose best anchor is below the negative IoU
     * @param meanIou mean of the boxes' best overlaps
     */
    record Fit(AnchorParameters anchors, double matched, double missed, double meanIou) {}

    /**
     * Looks for better anchors. The sides of each level and the ratios are the centres of groups of
     * the boxes, see {@link ShapeClusters}; the scales stay.
     *
     * @param dataset the annotations, with at least one box; every image has a size
     * @param rule how images are resized for the network
     * @param present the anchors to compare with
     * @param matcher gives the limits of the overlap
     */
    static AnchorSuggestion of(
            CocoDataset dataset, CanvasRule rule, AnchorParameters present, Matcher matcher) {
        List<CanvasBox> all = DatasetStatistics.canvasBoxes(dataset, rule).toList();
        int each = (all.size() + MOST_BOXES - 1) / MOST_BOXES;
        List<CanvasBox> boxes = new ArrayList<>();
        for (int i = 0; i < all.size(); i += each) {
            boxes.add(all.get(i));
        }
        List<Shape> shapes =
                boxes.stream()
                        .map(box -> new Shape(box.box().width(), box.box().height()))
                        .toList();
        List<List<Double>> sizes = new ArrayList<>(List.of(present.sizes()));
        for (double least : LEAST_STRIDES) {
            sizes.add(sizes(shapes, present.scales(), least));
        }
        Fit before = fit(boxes, present, matcher);
        Fit best = before;
        for (List<Double> ratios : List.of(present.aspectRatios(), ratios(shapes, present))) {
            for (List<Double> sides : sizes) {
                Fit fit =
                        fit(
                                boxes,
                                new AnchorParameters(
                                        sides, present.scales(), ratios, present.rounding()),
                                matcher);
                best = fit.matched > best.matched + CLEARLY ? fit : best;
            }
        }
        return new AnchorSuggestion(before, best, boxes.size());
    }

    private static Fit fit(List<CanvasBox> boxes, AnchorParameters anchors, Matcher matcher) {
        AnchorGenerator generator = new AnchorGenerator(anchors);
        double[] ious =
                boxes.stream()
                        .mapToDouble(
                                box -> AnchorCoverage.bestIou(generator, box.canvas(), box.box()))
                        .toArray();
        int matched = 0;
        int missed = 0;
        double sum = 0;
        for (double iou : ious) {
            matched += iou >= matcher.positiveIou() ? 1 : 0;
            missed += iou < matcher.negativeIou() ? 1 : 0;
            sum += iou;
        }
        double count = ious.length;
        return new Fit(anchors, matched / count, missed / count, sum / count);
    }

    /** Returns the side of the smallest anchor of each level. */
    private static List<Double> sizes(List<Shape> shapes, List<Double> scales, double least) {
        List<Shape> squares =
                shapes.stream()
                        .map(shape -> new Shape(Math.sqrt(shape.area()), Math.sqrt(shape.area())))
                        .toList();
        List<Shape> centres = ShapeClusters.centres(squares, AnchorParameters.LEVELS);
        double middle = Math.exp(scales.stream().mapToDouble(Math::log).average().orElseThrow());
        List<Double> sizes = new ArrayList<>();
        for (int level = 0; level < AnchorParameters.LEVELS; level++) {
            int stride = FIRST_STRIDE << level;
            double centre = level < centres.size() ? centres.get(level).width() / middle : 0;
            double side = Math.max(least * stride, Math.min(MOST_STRIDES * stride, centre));
            sizes.add((double) Math.round(side));
        }
        return sizes;
    }

    /** Returns as many ratios as there are, those of boxes of one area. */
    private static List<Double> ratios(List<Shape> shapes, AnchorParameters present) {
        List<Shape> ofOneArea =
                shapes.stream()
                        .map(shape -> Math.sqrt(shape.height() / shape.width()))
                        .map(root -> new Shape(1 / root, root))
                        .toList();
        return ShapeClusters.centres(ofOneArea, present.aspectRatios().size()).stream()
                .map(shape -> Math.round(100 * shape.height() / shape.width()) / 100.0)
                .filter(ratio -> ratio > 0)
                .sorted(Comparator.naturalOrder())
                .distinct()
                .toList();
    }

    /** Returns whether other anchors match clearly more boxes. */
    boolean isWorthAChange() {
        return !suggested.anchors.equals(present.anchors);
    }

    /** Prints both fits, and the settings of the better anchors. */
    void print(PrintWriter out, Matcher matcher) {
        out.printf(
                Locale.ROOT,
                "%n%-28s%9s%9s%9s   of %d boxes%n",
                "best anchor of a box",
                ">= " + matcher.positiveIou(),
                "< " + matcher.negativeIou(),
                "mean",
                boxes);
        row(out, "present anchors", present);
        if (!isWorthAChange()) {
            out.println(
                    "No other anchors match clearly more boxes: the present ones are good enough.");
            out.flush();
            return;
        }
        row(out, "suggested anchors", suggested);
        out.printf("%n%-8s%8s   %s%n", "level", "stride", "sides of the square anchors in pixels");
        for (int level = 0; level < AnchorParameters.LEVELS; level++) {
            double size = suggested.anchors.sizes().get(level);
            out.printf(
                    "P%-7d%8d   %s%n",
                    level + 3,
                    FIRST_STRIDE << level,
                    suggested.anchors.scales().stream()
                            .map(scale -> String.format(Locale.ROOT, "%.1f", size * scale))
                            .collect(Collectors.joining(", ")));
        }
        out.printf(
                "%nAs settings of fern train, in a file:%n"
                        + "  \"anchorSizes\": %s,%n  \"anchorScales\": %s,%n  \"anchorRatios\": %s%n",
                suggested.anchors.sizes(),
                suggested.anchors.scales(),
                suggested.anchors.aspectRatios());
        out.printf(
                "or as options:%n  --set anchorSizes=%s --set anchorRatios=%s%n",
                compact(suggested.anchors.sizes()), compact(suggested.anchors.aspectRatios()));
        if (suggested.missed > MANY) {
            out.printf(
                    "%nMany boxes stay below %s: they are too small or too long for images of this"
                            + " size. Larger ones (--min-size, --max-size) help more than anchors.%n",
                    matcher.negativeIou());
        }
        out.flush();
    }

    private static void row(PrintWriter out, String label, Fit fit) {
        out.printf(
                Locale.ROOT,
                "%-28s%8.1f%%%8.1f%%%9.2f%n",
                label,
                100 * fit.matched,
                100 * fit.missed,
                fit.meanIou);
    }

    private static String compact(List<Double> values) {
        return values.toString().replace(" ", "");
    }
}
