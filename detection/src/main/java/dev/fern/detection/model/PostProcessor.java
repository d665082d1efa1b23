package dev.fern.detection.model;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.BoxCoder;
import dev.fern.detection.anchor.Overlap;
import dev.fern.detection.device.Candidates;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.loss.HeadOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Turns the heads' outputs into detections, each image by itself, as torchvision's RetinaNet does.
 * It keeps the best candidates of each level above the score threshold, decodes them and cuts them
 * to the image. Then it suppresses non-maxima within each category over all levels, and keeps the
 * best of the image. Where scores are equal, the earlier anchor comes first. Outputs that are not
 * numbers give no detections.
 */
public final class PostProcessor {

    /** A score between 0 and 1 and the float32 that it is rounded to differ by less than this. */
    private static final double SCORE_ROUNDING = 1e-7;

    private final PostProcessing parameters;

    /**
     * Lower logits have scores that are surely not above the threshold, so that few need a sigmoid.
     */
    private final float lowLogit;

    /**
     * Makes a post-processor, which is thread-safe.
     *
     * @param parameters thresholds and numbers that are kept
     */
    public PostProcessor(PostProcessing parameters) {
        this.parameters = parameters;
        lowLogit = lowLogit(parameters.scoreThreshold());
    }

    /**
     * Returns a logit whose score is surely less than this one, as are those of all lower logits.
     */
    private static float lowLogit(double score) {
        double below = Math.max(0, score - SCORE_ROUNDING);
        return Math.nextDown((float) Math.log(below / (1 - below)));
    }

    /**
     * Finds the detections of one image.
     *
     * @param categories of the model, in the order of its logits
     * @param outputs the heads' outputs for a batch, one per level of {@code anchors}
     * @param anchors of the batch's canvas
     * @param image index of the image in that batch
     * @param canvas the image's canvas
     * @return the detections by falling score, in image pixels
     */
    public List<Detection> process(
            List<CocoCategory> categories,
            List<HeadOutput> outputs,
            Anchors anchors,
            int image,
            Canvas canvas) {
        Boxes candidates = new Boxes();
        for (int l = 0; l < outputs.size(); l++) {
            collect(categories.size(), outputs.get(l), anchors, l, image, canvas, candidates);
        }
        return detections(categories, candidates, canvas);
    }

    /**
     * Finds the detections of one image whose best candidates are known.
     *
     * @param categories of the model, in the order of its logits
     * @param best the candidates of a batch
     * @param image index of the image in that batch
     * @param canvas the image's canvas
     * @return the detections by falling score, in image pixels
     */
    List<Detection> process(
            List<CocoCategory> categories, Candidates best, int image, Canvas canvas) {
        List<Integer> rows = new ArrayList<>();
        for (int row = 0; row < best.count(); row++) {
            if (sigmoid(best.logit(image, row)) > parameters.scoreThreshold()) {
                rows.add(row);
            }
        }
        // The device leaves the order of equal logits open.
        rows.sort(
                Comparator.<Integer>comparingInt(row -> best.anchor(image, row))
                        .thenComparingInt(row -> best.category(image, row)));
        Boxes candidates = new Boxes();
        for (int row : rows) {
            float[] box = best.box(image, row);
            clamp(box, canvas);
            if (!Float.isNaN(box[0] + box[1] + box[2] + box[3])) {
                candidates.add(box, sigmoid(best.logit(image, row)), best.category(image, row));
            }
        }
        return detections(categories, candidates, canvas);
    }

    private List<Detection> detections(
            List<CocoCategory> categories, Boxes candidates, Canvas canvas) {
        List<Integer> kept = suppress(candidates);
        List<Detection> detections = new ArrayList<>(kept.size());
        for (int i : kept) {
            float[] box = canvas.toImage(Arrays.copyOfRange(candidates.boxes, 4 * i, 4 * i + 4));
            int category = candidates.categories[i];
            detections.add(
                    new Detection(
                            box[0],
                            box[1],
                            box[2],
                            box[3],
                            category,
                            categories.get(category).id(),
                            categories.get(category).name(),
                            candidates.scores[i]));
        }
        return detections;
    }

    private void collect(
            int categories,
            HeadOutput output,
            Anchors anchors,
            int levelIndex,
            int image,
            Canvas canvas,
            Boxes candidates) {
        Anchors.Level level = anchors.levels().get(levelIndex);
        int own = level.rows() * level.columns() * anchors.perLocation();
        float[] logits = output.logits();
        int first = image * own * categories;
        BestKeys best = new BestKeys(parameters.candidatesPerLevel());
        float lowest = lowLogit;
        for (int index = 0; index < own * categories; index++) {
            float logit = logits[first + index];
            if (logit < lowest) {
                continue;
            }
            float score = sigmoid(logit);
            if (score > parameters.scoreThreshold() && best.add(sortKey(score, index))) {
                lowest = lowLogit(score(best.worst()));
            }
        }
        float[] codes = output.codes();
        float[] box = new float[4];
        for (long key : best.sorted()) {
            int category = (int) key % categories;
            int anchor = (int) key / categories;
            int at = (image * own + anchor) * 4;
            BoxCoder.decode(
                    codes[at],
                    codes[at + 1],
                    codes[at + 2],
                    codes[at + 3],
                    anchors.boxes(),
                    4 * (level.first() + anchor),
                    box,
                    0);
            clamp(box, canvas);
            if (!Float.isNaN(box[0] + box[1] + box[2] + box[3])) {
                candidates.add(box, score(key), category);
            }
        }
    }

    private List<Integer> suppress(Boxes candidates) {
        long[] order = new long[candidates.size];
        for (int i = 0; i < order.length; i++) {
            order[i] = sortKey(candidates.scores[i], i);
        }
        Arrays.sort(order);
        List<Integer> kept = new ArrayList<>();
        for (long key : order) {
            int i = (int) key;
            if (!overlapsKept(candidates, kept, i)) {
                kept.add(i);
                if (kept.size() == parameters.maxDetections()) {
                    break;
                }
            }
        }
        return kept;
    }

    private boolean overlapsKept(Boxes candidates, List<Integer> kept, int i) {
        for (int k : kept) {
            if (candidates.categories[k] == candidates.categories[i]
                    && Overlap.iou(candidates.boxes, 4 * k, candidates.boxes, 4 * i)
                            > parameters.nmsIou()) {
                return true;
            }
        }
        return false;
    }

    private static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    private static void clamp(float[] box, Canvas canvas) {
        box[0] = clamp(box[0], canvas.resized().width());
        box[1] = clamp(box[1], canvas.resized().height());
        box[2] = clamp(box[2], canvas.resized().width());
        box[3] = clamp(box[3], canvas.resized().height());
    }

    private static float clamp(float value, float limit) {
        return Math.min(Math.max(value, 0), limit);
    }

    /** Returns a key that sorts by falling score (which is not negative), then by rising index. */
    private static long sortKey(float score, int index) {
        return ((long) ~Float.floatToIntBits(score) << 32) | index;
    }

    private static float score(long key) {
        return Float.intBitsToFloat(~(int) (key >> 32));
    }

    /** Keeps the smallest of many keys. */
    private static final class BestKeys {

        private final int capacity;
        private long[] keys = new long[64];
        private int count;

        /**
         * Starts without a key.
         *
         * @param capacity how many keys to keep, at least 1
         */
        BestKeys(int capacity) {
            this.capacity = capacity;
        }

        /**
         * Adds a key.
         *
         * @return whether {@link #worst} was found anew, so that larger keys need not be added
         */
        boolean add(long key) {
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, 2 * count);
            }
            keys[count++] = key;
            if (count < 2L * capacity) {
                return false;
            }
            Arrays.sort(keys, 0, count);
            count = capacity;
            return true;
        }

        /** {@return the largest of the keys that were kept when {@link #add} last returned true} */
        long worst() {
            return keys[capacity - 1];
        }

        /** {@return the smallest keys, ascending} */
        long[] sorted() {
            Arrays.sort(keys, 0, count);
            return Arrays.copyOf(keys, Math.min(count, capacity));
        }
    }

    /** Growing arrays of boxes (four numbers each), scores and categories. */
    private static final class Boxes {

        private float[] boxes = new float[256];
        private float[] scores = new float[64];
        private int[] categories = new int[64];
        private int size;

        void add(float[] box, float score, int category) {
            if (size == scores.length) {
                boxes = Arrays.copyOf(boxes, 8 * size);
                scores = Arrays.copyOf(scores, 2 * size);
                categories = Arrays.copyOf(categories, 2 * size);
            }
            System.arraycopy(box, 0, boxes, 4 * size, 4);
            scores[size] = score;
            categories[size] = category;
            size++;
        }
    }
}
