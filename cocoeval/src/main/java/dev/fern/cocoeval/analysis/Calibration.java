package dev.fern.cocoeval.analysis;

import dev.fern.cocoeval.Matching.MatchedDetection;
import java.util.ArrayList;
import java.util.List;

/**
 * How far scores can be read as the probability of being right.
 *
 * <p>This is the detection expected calibration error over the score alone (Kueppers et al.,
 * "Multivariate Confidence Calibration for Object Detection", 2020): {@code ECE = sum_b n_b / N *
 * |precision_b - meanScore_b|}. Since precision takes the place of accuracy, missed objects play no
 * part.
 *
 * @param expectedError the ECE, 0 to 1; -1 without detections
 * @param largestError the largest difference of any bin, 0 to 1; -1 without detections
 * @param bins of equal width over [0, 1], ascending
 * @param outside how many detections were left out since their score is not within [0, 1]
 */
public record Calibration(double expectedError, double largestError, List<Bin> bins, int outside) {
    /**
     * Copies the list.
     *
     * @param expectedError -1 if undefined
     * @param largestError -1 if undefined
     * @param bins not null
     * @param outside at least 0
     */
    public Calibration {
        bins = List.copyOf(bins);
    }

    /**
     * Sorts detections into bins by score.
     *
     * @param detections those that are right or wrong; their order shows in the last bits of sums
     */
    static Calibration of(List<MatchedDetection> detections, int binCount) {
        int[] counts = new int[binCount];
        int[] right = new int[binCount];
        double[] scoreSums = new double[binCount];
        int within = 0;
        for (MatchedDetection detection : detections) {
            double score = detection.score();
            if (score >= 0 && score <= 1) {
                int bin = Math.max(0, (int) Math.ceil(score * binCount) - 1);
                counts[bin]++;
                right[bin] += detection.isRight() ? 1 : 0;
                scoreSums[bin] += score;
                within++;
            }
        }
        List<Bin> bins = new ArrayList<>();
        double expected = within == 0 ? -1 : 0;
        double largest = expected;
        for (int b = 0; b < binCount; b++) {
            double meanScore = counts[b] == 0 ? -1 : scoreSums[b] / counts[b];
            double precision = counts[b] == 0 ? -1 : (double) right[b] / counts[b];
            bins.add(
                    new Bin(
                            (double) b / binCount,
                            (b + 1.0) / binCount,
                            counts[b],
                            meanScore,
                            precision));
            if (counts[b] > 0) {
                double error = Math.abs(precision - meanScore);
                expected += counts[b] * error / within;
                largest = Math.max(largest, error);
            }
        }
        return new Calibration(expected, largest, bins, detections.size() - within);
    }

    /**
     * Detections of similar score.
     *
     * @param least scores are above this number; in the first bin they may equal it
     * @param most scores are at most this number
     * @param count how many detections the bin holds
     * @param meanScore the mean of their scores; -1 without detections
     * @param precision the part of the detections that is right; -1 without detections
     */
    public record Bin(double least, double most, int count, double meanScore, double precision) {}
}
