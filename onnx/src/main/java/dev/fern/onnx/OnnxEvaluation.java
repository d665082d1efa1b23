package dev.fern.onnx;

import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.DetectorConfiguration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;

/** How good ONNX models of one detector are on labelled images, and how fast in ONNX Runtime. */
public final class OnnxEvaluation {

    private final CategoryMatch match;
    private final OnnxDetector detector;
    private final CocoResults.Builder results;
    private long nanos;
    private int timed;

    private OnnxEvaluation(
            CategoryMatch match, OnnxDetector detector, CocoResults.Builder results) {
        this.match = match;
        this.detector = detector;
        this.results = results;
    }

    /**
     * What came out.
     *
     * @param evaluation COCO's numbers
     * @param millisPerImage mean time from pixels to detections, the first image left out; NaN if
     *     there is one image
     */
    public record Result(Evaluation evaluation, double millisPerImage) {}

    /**
     * Evaluates models. Each image passes all of them, one after the other, so that what else the
     * machine does slows all alike.
     *
     * @param configuration of the detector that the models were made of
     * @param models which give detections; they stay open
     * @param labelled the images with their annotations
     * @param match of the detector's categories with the annotations'
     * @param loading how images are read ahead
     * @param progress is told after every image how many are done
     * @return the result of each model
     * @throws IOException if an image can't be used, or if ONNX Runtime fails
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static List<Result> of(
            DetectorConfiguration configuration,
            List<OnnxCheck> models,
            LabelledImages labelled,
            CategoryMatch match,
            LoaderOptions loading,
            IntConsumer progress)
            throws IOException, InterruptedException {
        List<OnnxEvaluation> evaluations = new ArrayList<>();
        for (OnnxCheck model : models) {
            evaluations.add(
                    new OnnxEvaluation(
                            match,
                            new OnnxDetector(model, configuration.categories()),
                            labelled.images().newResults()));
        }
        DatasetDetection.forEachBatch(
                configuration,
                labelled.images(),
                1,
                loading,
                batch -> {
                    for (OnnxEvaluation evaluation : evaluations) {
                        evaluation.add(batch);
                    }
                },
                progress,
                bad -> {});
        List<Result> all = new ArrayList<>();
        for (OnnxEvaluation evaluation : evaluations) {
            all.add(evaluation.result(labelled));
        }
        return all;
    }

    private void add(Batch batch) throws IOException {
        Batch.Item image = batch.items().get(0);
        long start = System.nanoTime();
        List<Detection> found = detector.detect(batch.pixels(), List.of(image.canvas())).get(0);
        if (timed++ > 0) {
            nanos += System.nanoTime() - start;
        }
        for (Detection detection : found) {
            OptionalLong id = match.idInData(detection.category());
            if (id.isPresent()) {
                results.add(image.imageId(), id.getAsLong(), detection.box(), detection.score());
            }
        }
    }

    private Result result(LabelledImages labelled) throws IOException, InterruptedException {
        return new Result(
                CocoEvaluator.evaluate(
                        labelled.coco(), results.build(), EvaluationParameters.defaults()),
                nanos / 1e6 / (timed - 1));
    }
}
