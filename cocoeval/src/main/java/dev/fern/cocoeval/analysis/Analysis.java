package dev.fern.cocoeval.analysis;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.Matching;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.Matching.Outcome;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Everything about a set of detections at one IoU threshold. Immutable.
 *
 * @param parameters the IoU thresholds and choices behind all parts
 * @param scoreThreshold the least score that counts in {@code confusion} and {@code findings}
 * @param matching what matched what, image by image
 * @param categories what each category scores, in the order of {@link Matching#categories}
 * @param confusion which category was taken for which
 * @param tide where average precision is lost
 * @param calibration how far scores can be trusted
 * @param findings one for each image of the matching, in its order
 */
public record Analysis(
        AnalysisParameters parameters,
        double scoreThreshold,
        Matching matching,
        List<CategoryAnalysis> categories,
        ConfusionMatrix confusion,
        TideErrors tide,
        Calibration calibration,
        List<ImageFindings> findings) {
    /**
     * Copies both lists.
     *
     * @param parameters not null
     * @param scoreThreshold finite
     * @param matching not null
     * @param categories not null
     * @param confusion not null
     * @param tide not null
     * @param calibration not null
     * @param findings not null
     */
    public Analysis {
        categories = List.copyOf(categories);
        findings = List.copyOf(findings);
    }

    /**
     * Analyses results on a data set.
     *
     * @param dataset the ground truth
     * @param results on images of the data set
     * @param evaluation of which images, categories, maxDets, useCats and corrected count
     * @param parameters thresholds and choices of the analysis
     * @return all parts of the analysis
     * @throws CocoFormatException as {@link dev.fern.cocoeval.CocoEvaluator#evaluate} throws it
     */
    public static Analysis of(
            CocoDataset dataset,
            CocoResults results,
            EvaluationParameters evaluation,
            AnalysisParameters parameters)
            throws CocoFormatException {
        double iou = parameters.iouThreshold();
        Matching matching = Matching.of(dataset, results, evaluation, iou);
        List<MatchedDetection> ranking =
                matching.images().stream()
                        .flatMap(image -> image.detections().stream())
                        .filter(detection -> detection.outcome() != Outcome.IGNORED)
                        .sorted(MatchedDetection.BY_FALLING_SCORE)
                        .toList();
        int[] truths = truths(matching);
        double scoreThreshold =
                parameters
                        .scoreThreshold()
                        .orElseGet(() -> bestScore(ranking, truths, parameters.beta()));
        return new Analysis(
                parameters,
                scoreThreshold,
                matching,
                categories(matching, ranking, truths, parameters.beta()),
                ConfusionMatrix.of(
                        Matching.acrossCategories(dataset, results, evaluation, iou),
                        scoreThreshold),
                TideAnalysis.analyse(matching, parameters.backgroundIou()),
                Calibration.of(ranking, parameters.bins()),
                matching.images().stream()
                        .map(
                                image ->
                                        ImageFindings.of(
                                                image,
                                                iou,
                                                parameters.backgroundIou(),
                                                scoreThreshold))
                        .toList());
    }

    private static int[] truths(Matching matching) {
        int[] truths = new int[matching.categories().size()];
        for (ImageMatching image : matching.images()) {
            for (MatchedTruth truth : image.truths()) {
                truths[truth.category()] += truth.ignored() ? 0 : 1;
            }
        }
        return truths;
    }

    /**
     * The score threshold of the best F-beta; 0 where nothing was found, so nothing is left out.
     */
    private static double bestScore(List<MatchedDetection> ranking, int[] truths, double beta) {
        return OperatingPoint.best(ranking, IntStream.of(truths).sum(), beta)
                .map(OperatingPoint::scoreThreshold)
                .orElse(0.0);
    }

    private static List<CategoryAnalysis> categories(
            Matching matching, List<MatchedDetection> ranking, int[] truths, double beta) {
        List<List<MatchedDetection>> rankings = new ArrayList<>();
        for (int k = 0; k < truths.length; k++) {
            rankings.add(new ArrayList<>());
        }
        ranking.forEach(detection -> rankings.get(detection.category()).add(detection));
        List<CategoryAnalysis> categories = new ArrayList<>();
        for (int k = 0; k < truths.length; k++) {
            categories.add(
                    CategoryAnalysis.of(
                            matching.categories().get(k), rankings.get(k), truths[k], beta));
        }
        return categories;
    }

    /**
     * Picks the images with the most faults.
     *
     * @param most how many images at most
     * @return the worst first; images without a fault are left out
     */
    public List<ImageFindings> worstImages(int most) {
        return findings.stream()
                .filter(image -> image.faults() > 0)
                .sorted(Comparator.comparingInt(ImageFindings::faults).reversed())
                .limit(most)
                .toList();
    }

    /**
     * Writes the whole analysis as JSON; {@code docs/analysis.md} lists the fields.
     *
     * @param dataset the one that was analysed; ids are written as its file writes them
     * @return a new object
     */
    public JsonObject toJson(CocoDataset dataset) {
        return new AnalysisJson(this, dataset).write();
    }
}
