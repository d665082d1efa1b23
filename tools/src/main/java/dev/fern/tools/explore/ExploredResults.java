package dev.fern.tools.explore;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.LostPrecision;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.List;

/**
 * What a page shows: annotations, and one or two sets of detections with what is wrong in them.
 *
 * @param annotations what the page calls the annotations
 * @param dataset the annotations
 * @param sides one entry for each set of detections, analysed with the same parameters
 */
record ExploredResults(String annotations, CocoDataset dataset, List<Side> sides) {

    /**
     * One set of detections.
     *
     * @param name what the page calls it
     * @param results the detections
     * @param analysis of the detections
     * @param losses how much AP each image of the analysis costs
     */
    record Side(String name, CocoResults results, Analysis analysis, List<Double> losses) {

        static Side of(
                String name,
                CocoDataset dataset,
                CocoResults results,
                EvaluationParameters evaluation,
                AnalysisParameters parameters)
                throws CocoFormatException {
            Analysis analysis = Analysis.of(dataset, results, evaluation, parameters);
            return new Side(name, results, analysis, LostPrecision.of(analysis.matching()));
        }
    }

    ExploredResults {
        sides = List.copyOf(sides);
    }

    /** Returns the images of the page with what the first set of detections matched on them. */
    List<ImageMatching> images() {
        return sides.get(0).analysis.matching().images();
    }
}
