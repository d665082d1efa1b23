package dev.fern.cocoeval;

import java.util.Arrays;

/** The arrays that an evaluation fills; -1 where nothing was evaluated. */
final class EvaluationArrays {
    private final double[] iouThrs;
    private final double[] recThrs;
    private final int[] maxDets;
    private final int categoryCount;
    private final int areaCount;
    private final double[] precision;
    private final double[] recall;
    private final double[] scores;

    EvaluationArrays(EvaluationParameters parameters, int categoryCount) {
        iouThrs = parameters.iouThrs().stream().mapToDouble(Double::doubleValue).toArray();
        recThrs = parameters.recThrs().stream().mapToDouble(Double::doubleValue).toArray();
        maxDets = parameters.maxDets().stream().mapToInt(Integer::intValue).sorted().toArray();
        this.categoryCount = categoryCount;
        areaCount = parameters.areaRng().size();
        long size = recThrs.length;
        for (int extent : recallShape()) {
            size *= extent;
            if (size > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "too many thresholds, categories, areas and limits for one array");
            }
        }
        precision = new double[(int) size];
        scores = new double[(int) size];
        recall = new double[Arrays.stream(recallShape()).reduce(1, (a, b) -> a * b)];
        clear();
    }

    /** Sets everything to -1, as if nothing had been evaluated. */
    void clear() {
        Arrays.fill(precision, -1);
        Arrays.fill(scores, -1);
        Arrays.fill(recall, -1);
    }

    int[] precisionShape() {
        return new int[] {iouThrs.length, recThrs.length, categoryCount, areaCount, maxDets.length};
    }

    int[] recallShape() {
        return new int[] {iouThrs.length, categoryCount, areaCount, maxDets.length};
    }

    int precisionIndex(int t, int r, int k, int a, int m) {
        return (((t * recThrs.length + r) * categoryCount + k) * areaCount + a) * maxDets.length
                + m;
    }

    int recallIndex(int t, int k, int a, int m) {
        return ((t * categoryCount + k) * areaCount + a) * maxDets.length + m;
    }

    double[] iouThrs() {
        return iouThrs;
    }

    double[] recThrs() {
        return recThrs;
    }

    /** The limits in ascending order. */
    int[] maxDets() {
        return maxDets;
    }

    double[] precision() {
        return precision;
    }

    double[] recall() {
        return recall;
    }

    double[] scores() {
        return scores;
    }
}
