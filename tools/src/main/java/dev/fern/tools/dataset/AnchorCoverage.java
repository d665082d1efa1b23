package dev.fern.tools.dataset;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.anchor.Overlap;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How well anchors fit the boxes of a data set.
 *
 * @param categories in order of their ids, without those that have no boxes
 */
public record AnchorCoverage(List<Category> categories) {

    /**
     * The boxes of one category by their best overlap with an anchor.
     *
     * @param id the category's id
     * @param name the category's name
     * @param matched boxes with an anchor at or above the matcher's positive IoU
     * @param ambiguous boxes whose best anchor lies between the negative and the positive IoU
     * @param missed boxes whose best anchor is below the negative IoU; they are learned from the
     *     few anchors that low-quality matching gives them
     * @param medianIou the median of the best overlaps
     */
    public record Category(
            long id, String name, int matched, int ambiguous, int missed, double medianIou) {}

    /**
     * Finds the best anchor of every box.
     *
     * @param dataset the annotations; every image has a size
     * @param rule how images are resized for the network
     * @param generator lays the anchors over a canvas
     * @param matcher gives the limits of the overlap
     * @return the counts
     */
    public static AnchorCoverage of(
            CocoDataset dataset, CanvasRule rule, AnchorGenerator generator, Matcher matcher) {
        Map<Long, List<Float>> best = new TreeMap<>();
        DatasetStatistics.canvasBoxes(dataset, rule)
                .forEach(
                        box ->
                                best.computeIfAbsent(
                                                box.annotation().categoryId(),
                                                id -> new ArrayList<>())
                                        .add(bestIou(generator, box.canvas(), box.box())));
        List<Category> categories = new ArrayList<>();
        dataset.categories()
                .forEach(
                        category -> {
                            List<Float> own = best.get(category.id());
                            if (own != null) {
                                categories.add(
                                        summarize(category.id(), category.name(), own, matcher));
                            }
                        });
        return new AnchorCoverage(List.copyOf(categories));
    }

    private static Category summarize(long id, String name, List<Float> ious, Matcher matcher) {
        int matched = (int) ious.stream().filter(iou -> iou >= matcher.positiveIou()).count();
        int missed = (int) ious.stream().filter(iou -> iou < matcher.negativeIou()).count();
        List<Float> sorted = ious.stream().sorted().toList();
        return new Category(
                id,
                name,
                matched,
                ious.size() - matched - missed,
                missed,
                sorted.get(sorted.size() / 2));
    }

    /**
     * Returns the best overlap of a box with an anchor. Only the anchors of the nearest place of
     * each level are compared, since the nearest of all anchors of one shape overlaps a box best.
     */
    static float bestIou(AnchorGenerator generator, Canvas canvas, Box box) {
        int height = canvas.size().height();
        int width = canvas.size().width();
        Anchors anchors = generator.generate(height, width);
        float[] target = {(float) box.x(), (float) box.y(), (float) box.x2(), (float) box.y2()};
        float best = 0;
        for (Anchors.Level level : anchors.levels()) {
            int row = nearest((box.y() + box.y2()) / 2, height / level.rows(), level.rows());
            int column =
                    nearest((box.x() + box.x2()) / 2, width / level.columns(), level.columns());
            int first = level.first() + (row * level.columns() + column) * anchors.perLocation();
            for (int a = first; a < first + anchors.perLocation(); a++) {
                best = Math.max(best, Overlap.iou(anchors.boxes(), 4 * a, target, 0));
            }
        }
        return best;
    }

    private static int nearest(double centre, int stride, int count) {
        return (int) Math.min(count - 1, Math.max(0, Math.round(centre / stride)));
    }
}
