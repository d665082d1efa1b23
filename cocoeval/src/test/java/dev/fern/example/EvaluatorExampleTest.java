package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Comparison;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.TideErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the documentation's example of the evaluator, from outside its package. The test of the
 * documents, in tools, holds what is printed against the lines between the marks.
 */
class EvaluatorExampleTest {

    @Test
    void detectionsAreEvaluatedAnalysedAndCompared(@TempDir Path folder) throws IOException {
        Path annotations =
                Files.writeString(
                        folder.resolve("gt.json"),
                        """
                        {"images": [{"id": 5}], "categories": [{"id": 1}],
                         "annotations": [{"id": 1, "image_id": 5, "category_id": 1, "iscrowd": 0,
                                          "bbox": [10, 20, 30, 40], "area": 1200}]}
                        """);
        // example begins
        CocoDataset dataset = CocoDataset.readForEvaluation(annotations);
        CocoResults.Builder found = CocoResults.builder(); // or CocoResults.read(file)
        for (CocoImage image : dataset.images()) {
            // image id, category id, box (x, y, width, height in pixels), score
            found.add(image.id(), 1, new Box(10, 20, 30, 40), 0.9);
        }
        CocoResults results = found.build();

        EvaluationParameters parameters = EvaluationParameters.defaults();
        Evaluation evaluation = CocoEvaluator.evaluate(dataset, results, parameters);
        System.out.print(evaluation.table());
        double ap = evaluation.stat(CocoMetric.AP);
        double[] precision = evaluation.precision(); // flat; evaluation.shape() is {T, R, K, A, M}

        var analysis = Analysis.of(dataset, results, parameters, AnalysisParameters.defaults());
        double lostToDuplicates = analysis.tide().of(TideErrors.Kind.DUPLICATE).deltaAp();

        var bootstrap = new PairedBootstrap(1000, 1, 0.95); // resamples, seed, confidence
        Comparison comparison = bootstrap.compare(dataset, results, results, parameters);
        double p = comparison.metrics().get(CocoMetric.AP).pValue();
        // example ends
        assertThat(ap).isCloseTo(1, within(1e-12));
        assertThat(precision).hasSize(10 * 101 * 1 * 4 * 3);
        assertThat(lostToDuplicates).isZero();
        assertThat(p).isEqualTo(1);
    }
}
