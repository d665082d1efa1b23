package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.MaskMeter;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.CompressedRuns;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Detections as columns that grow. Not safe for use by several threads at once. */
final class DetectionColumns {
    /** Bytes of a usual detection in a file: the room that is made at first is for such ones. */
    private static final int BYTES = 128;

    private static final int LEAST_ROOM = 1024;

    /** More would be a waste where a file is large for other reasons. */
    private static final int MOST_ROOM = 1 << 20;

    /** Masks that one task measures. */
    private static final int BLOCK = 4096;

    private int size;
    private long[] imageIds;
    private long[] categoryIds;
    private double[] boxes;
    private double[] scores;
    private double[] areas;
    private final Map<Integer, CocoProblem> scoreFlaws;
    private final Map<Integer, CocoProblem> boxFlaws;
    private final Shapes shapes;
    private boolean hasBoxes = true;

    DetectionColumns(IouType type) {
        this(type, 0);
    }

    /**
     * @param bytes how long the file is from which detections will be added
     */
    DetectionColumns(IouType type, long bytes) {
        this(new Shapes(type), new HashMap<>(), new HashMap<>());
        int room = (int) Math.max(LEAST_ROOM, Math.min(MOST_ROOM, bytes / BYTES));
        imageIds = new long[room];
        categoryIds = new long[room];
        boxes = new double[4 * room];
        scores = new double[room];
    }

    private DetectionColumns(
            Shapes shapes,
            Map<Integer, CocoProblem> scoreFlaws,
            Map<Integer, CocoProblem> boxFlaws) {
        this.shapes = shapes;
        this.scoreFlaws = scoreFlaws;
        this.boxFlaws = boxFlaws;
    }

    /** What is there now; it does not change when more is added. */
    DetectionColumns view() {
        DetectionColumns view =
                new DetectionColumns(shapes, Map.copyOf(scoreFlaws), Map.copyOf(boxFlaws));
        view.size = size;
        view.imageIds = imageIds;
        view.categoryIds = categoryIds;
        view.boxes = boxes;
        view.scores = scores;
        view.areas = areas;
        view.hasBoxes = hasBoxes;
        return view;
    }

    /**
     * Adds a detection.
     *
     * @param xywh its box; copied
     * @param mask null for none, or where masks are not kept
     * @param keypoints null for none, or where keypoints are not kept
     */
    void add(
            long imageId,
            long categoryId,
            double[] xywh,
            double score,
            Segmentation mask,
            Keypoints keypoints) {
        if (size == scores.length) {
            resize(Math.addExact(size, size >> 1));
        }
        if (areas != null) {
            areas[size] = Double.NaN;
        }
        imageIds[size] = imageId;
        categoryIds[size] = categoryId;
        System.arraycopy(xywh, 0, boxes, 4 * size, 4);
        scores[size++] = score;
        shapes.add(mask, keypoints);
    }

    private void resize(int length) {
        imageIds = Arrays.copyOf(imageIds, length);
        categoryIds = Arrays.copyOf(categoryIds, length);
        boxes = Arrays.copyOf(boxes, Math.multiplyExact(4, length));
        scores = Arrays.copyOf(scores, length);
        areas = areas == null ? null : Arrays.copyOf(areas, length);
    }

    /**
     * Adds all detections of other columns, of which none has a flaw or an area of its own.
     *
     * @param other of the same type
     */
    void addAll(DetectionColumns other) {
        resize(Math.addExact(size, other.size));
        System.arraycopy(other.imageIds, 0, imageIds, size, other.size);
        System.arraycopy(other.categoryIds, 0, categoryIds, size, other.size);
        System.arraycopy(other.boxes, 0, boxes, 4 * size, 4 * other.size);
        System.arraycopy(other.scores, 0, scores, size, other.size);
        shapes.addAll(other.shapes);
        size += other.size;
    }

    /** {@return whether no detection has a flaw or an area of its own} */
    boolean isPlain() {
        return scoreFlaws.isEmpty() && boxFlaws.isEmpty() && areas == null;
    }

    // Of the detection that was added last

    /** Gives it another area than its box has. */
    void area(double area) {
        makeAreas();
        areas[size - 1] = area;
    }

    private void makeAreas() {
        if (areas == null) {
            areas = new double[scores.length];
            Arrays.fill(areas, Double.NaN);
        }
    }

    /** Says that its box is that of its mask. */
    void boxIsOfMask() {
        shapes.setMeasured();
    }

    void flawedScore(CocoProblem problem) {
        scoreFlaws.put(size - 1, problem);
    }

    void flawedBox(CocoProblem problem) {
        boxFlaws.put(size - 1, problem);
    }

    // Of all

    /** Says that masks or keypoints give boxes and areas. */
    void hasNoBoxes() {
        hasBoxes = false;
    }

    /**
     * Takes areas, and boxes where {@link #boxIsOfMask} says so, of compressed masks, in parallel.
     *
     * @param masks one for each detection
     * @param refusals tells what refuses a detection
     */
    void measure(Shapes masks, Refusal refusals) throws CocoFormatException {
        makeAreas();
        int blocks = (size + BLOCK - 1) / BLOCK;
        CocoFormatException[] failures = new CocoFormatException[blocks];
        IntStream.range(0, blocks)
                .parallel()
                .forEach(block -> failures[block] = measure(block, masks, refusals));
        for (CocoFormatException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    private CocoFormatException measure(int block, Shapes masks, Refusal refusals) {
        MaskMeter meter = new MaskMeter();
        int end = Math.min(size, (block + 1) * BLOCK);
        for (int i = block * BLOCK; i < end; i++) {
            try {
                meter.measure((CompressedRuns) masks.mask(i));
                areas[i] = meter.area();
                if (shapes.isMeasured(i)) {
                    System.arraycopy(meter.box(), 0, boxes, 4 * i, 4);
                }
            } catch (IllegalArgumentException e) {
                return refusals.of(i, e.getMessage());
            }
        }
        return null;
    }

    /** What refuses a detection. */
    interface Refusal {
        CocoFormatException of(int detection, String problem);
    }

    int size() {
        return size;
    }

    long imageId(int i) {
        return imageIds[i];
    }

    long categoryId(int i) {
        return categoryIds[i];
    }

    double[] boxes() {
        return boxes;
    }

    double[] scores() {
        return scores;
    }

    double area(int i) {
        return areas == null || Double.isNaN(areas[i])
                ? boxes[4 * i + 2] * boxes[4 * i + 3]
                : areas[i];
    }

    Map<Integer, CocoProblem> scoreFlaws() {
        return scoreFlaws;
    }

    Map<Integer, CocoProblem> boxFlaws() {
        return boxFlaws;
    }

    Shapes shapes() {
        return shapes;
    }

    boolean hasBoxes() {
        return hasBoxes;
    }
}
