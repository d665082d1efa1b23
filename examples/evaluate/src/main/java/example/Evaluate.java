package example;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.json.CocoFormatException;
import java.nio.file.Path;

/** Scores detections in COCO's format against annotations, as pycocotools does. */
public final class Evaluate {

    private Evaluate() {}

    /**
     * Prints COCO's twelve numbers.
     *
     * @param arguments the annotations and the detections, two files of JSON
     */
    public static void main(String[] arguments) throws CocoFormatException {
        if (arguments.length != 2) {
            System.err.println("usage: evaluate ANNOTATIONS.json DETECTIONS.json");
            System.exit(2);
        }
        CocoDataset dataset = CocoDataset.readForEvaluation(Path.of(arguments[0]));
        CocoResults results = CocoResults.read(Path.of(arguments[1]));
        Evaluation evaluation =
                CocoEvaluator.evaluate(dataset, results, EvaluationParameters.defaults());
        System.out.print(evaluation.table());
        System.out.printf("AP50 is %.3f%n", evaluation.stat(CocoMetric.AP50));
    }
}
