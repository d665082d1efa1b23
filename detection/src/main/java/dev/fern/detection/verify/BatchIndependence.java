package dev.fern.detection.verify;

import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.SgdOptimizer;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Measures how much the images of a batch change each other's results. To measure an image alone,
 * it is decoded by itself, on the canvas of its own size, and passes the network as a batch of one.
 * The detector's parameters, running averages included, are the same before every pass and after
 * the last one.
 */
public final class BatchIndependence {

    private final NetworkPasses passes;

    /**
     * Prepares to measure.
     *
     * @param detector is left unchanged
     * @param loss of the training that is asked about
     * @param matcher gives anchors their targets
     * @param decoder reads the images as the detector wants them
     */
    public BatchIndependence(
            Detector detector, RetinaNetLoss loss, Matcher matcher, BatchDecoder decoder) {
        this.passes = new NetworkPasses(detector, loss, matcher, decoder);
    }

    /**
     * How much training on a batch differs from training on its images one by one.
     *
     * @param loss see {@link BatchLeak#LOSS}
     * @param gradients see {@link BatchLeak#GRADIENTS}
     * @param step see {@link BatchLeak#STEP}
     */
    public record TrainingDeviation(double loss, double gradients, double step) {}

    /**
     * Measures everything on every batch of more than one image.
     *
     * @param plan the batches
     * @param progress receives the number of images that are done, after each batch
     * @return the largest deviation of each kind
     * @throws IOException if an image can't be used
     */
    public Map<BatchLeak, Double> measure(BatchPlan plan, IntConsumer progress) throws IOException {
        Map<BatchLeak, Double> deviations = new EnumMap<>(BatchLeak.class);
        int done = 0;
        for (PlannedBatch batch : plan.batches()) {
            if (batch.images().size() > 1) {
                deviations.merge(BatchLeak.NORMALISER, outputs(batch), Math::max);
                deviations.merge(BatchLeak.CANVAS, inputs(batch), Math::max);
                TrainingDeviation training = training(batch);
                deviations.merge(BatchLeak.LOSS, training.loss, Math::max);
                deviations.merge(BatchLeak.GRADIENTS, training.gradients, Math::max);
                deviations.merge(BatchLeak.STEP, training.step, Math::max);
                deviations.merge(BatchLeak.POST_PROCESSING, detections(batch), Math::max);
            }
            done += batch.images().size();
            progress.accept(done);
        }
        return deviations;
    }

    /**
     * Measures {@link BatchLeak#NORMALISER}.
     *
     * @param batch at least two images
     * @return the deviation
     * @throws IOException if an image can't be used
     */
    public double outputs(PlannedBatch batch) throws IOException {
        List<HeadOutput> together = passes.trainingOutputs(batch);
        double largest = 0;
        for (int n = 0; n < batch.images().size(); n++) {
            List<HeadOutput> alone = passes.trainingOutputs(passes.alone(batch.images().get(n)));
            for (int l = 0; l < alone.size(); l++) {
                HeadOutput own = alone.get(l);
                HeadOutput shared = together.get(l);
                largest = Math.max(largest, difference(own.logits(), shared.logits(), n));
                largest = Math.max(largest, difference(own.codes(), shared.codes(), n));
            }
        }
        return largest;
    }

    /** Returns the largest difference of an image's values from those at its place in the batch. */
    private static double difference(float[] own, float[] shared, int image) {
        if ((image + 1) * own.length > shared.length) {
            return Double.POSITIVE_INFINITY; // the batch has another canvas
        }
        double largest = 0;
        for (int i = 0; i < own.length; i++) {
            largest =
                    Math.max(
                            largest,
                            DetectionDistance.relativeDifference(
                                    own[i], shared[image * own.length + i]));
        }
        return largest;
    }

    /**
     * Measures {@link BatchLeak#CANVAS}.
     *
     * @param planned at least two images
     * @return the deviation
     * @throws IOException if an image can't be used
     */
    public double inputs(PlannedBatch planned) throws IOException {
        double largest = 0;
        try (Batch batch = passes.decode(planned)) {
            for (int n = 0; n < planned.images().size(); n++) {
                try (Batch alone = passes.decode(passes.alone(planned.images().get(n)))) {
                    Canvas own = alone.items().get(0).canvas();
                    Canvas shared = batch.items().get(n).canvas();
                    double size =
                            Math.max(
                                    difference(own.size(), shared.size()),
                                    difference(own.resized(), shared.resized()));
                    largest = Math.max(largest, size);
                    if (size == 0) {
                        largest = Math.max(largest, difference(alone.pixels(), batch.pixels(), n));
                    }
                }
            }
        }
        return largest;
    }

    private static double difference(ImageSize a, ImageSize b) {
        return Math.max(Math.abs(a.width() - b.width()), Math.abs(a.height() - b.height()));
    }

    private static double difference(FloatBuffer own, FloatBuffer shared, int image) {
        double largest = 0;
        int length = own.limit();
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, Math.abs(own.get(i) - shared.get(image * length + i)));
        }
        return largest;
    }

    /**
     * Measures {@link BatchLeak#LOSS}, {@link BatchLeak#GRADIENTS} and {@link BatchLeak#STEP}.
     *
     * @param batch at least two images
     * @return the deviations; all are NaN if a loss is not finite
     * @throws IOException if an image can't be used
     */
    public TrainingDeviation training(PlannedBatch batch) throws IOException {
        int images = batch.images().size();
        SgdOptimizer whole = plainDescent();
        SgdOptimizer accumulating = plainDescent();
        double batchLoss = passes.backward(batch);
        ParameterVectors batchGradients = ParameterVectors.gradients(passes.detector().network());
        whole.accumulate(images);
        passes.restore();
        double meanLoss = 0;
        ParameterVectors mean = ParameterVectors.zeros(passes.detector().network());
        for (PlannedImage image : batch.images()) {
            meanLoss += passes.backward(passes.alone(image)) / images;
            mean.add(ParameterVectors.gradients(passes.detector().network()), 1.0 / images);
            accumulating.accumulate(1);
            passes.restore();
        }
        if (!Double.isFinite(batchLoss + meanLoss)) {
            return new TrainingDeviation(Double.NaN, Double.NaN, Double.NaN);
        }
        return new TrainingDeviation(
                Math.abs(batchLoss - meanLoss) / meanLoss,
                batchGradients.largestDistance(mean),
                step(whole, accumulating, mean.norm()));
    }

    private SgdOptimizer plainDescent() {
        return new SgdOptimizer(passes.detector().network(), 0, 0, 0, Double.POSITIVE_INFINITY);
    }

    /**
     * Takes both steps and returns the distance of their ends relative to the step. The steps are
     * as long as the parameters, so that the parameters' rounding does not matter.
     */
    private double step(SgdOptimizer whole, SgdOptimizer accumulating, double gradientNorm) {
        ParameterVectors start = ParameterVectors.values(passes.detector().network());
        double rate = start.norm() / gradientNorm;
        whole.step(rate);
        ParameterVectors together = ParameterVectors.values(passes.detector().network());
        passes.restore();
        accumulating.step(rate);
        ParameterVectors accumulated = ParameterVectors.values(passes.detector().network());
        passes.restore();
        start.add(accumulated, -1);
        accumulated.add(together, -1);
        return accumulated.norm() / start.norm();
    }

    /**
     * Measures {@link BatchLeak#POST_PROCESSING}.
     *
     * @param batch at least two images
     * @return the deviation
     * @throws IOException if an image can't be used
     */
    public double detections(PlannedBatch batch) throws IOException {
        List<PlannedImage> images = batch.images();
        List<List<Detection>> alone = new ArrayList<>();
        for (PlannedImage image : images) {
            alone.add(passes.detect(passes.alone(image)).get(0));
        }
        List<Integer> order = new ArrayList<>();
        for (int n = 0; n < images.size(); n++) {
            order.add(n);
        }
        List<Integer> reverse = new ArrayList<>(order);
        Collections.reverse(reverse);
        int half = (images.size() + 1) / 2;
        List<List<Integer>> groups =
                List.of(order, reverse, order.subList(0, half), order.subList(half, order.size()));
        DetectionDistance distance =
                new DetectionDistance(passes.detector().configuration().postProcessing());
        double largest = 0;
        for (List<Integer> group : groups) {
            List<List<Detection>> together =
                    passes.detect(new PlannedBatch(group.stream().map(images::get).toList()));
            for (int n = 0; n < group.size(); n++) {
                largest =
                        Math.max(
                                largest,
                                distance.between(together.get(n), alone.get(group.get(n))));
            }
        }
        return largest;
    }

    /**
     * Finds the objects of an image that passes the network alone.
     *
     * @param image the image
     * @return its detections by falling score
     * @throws IOException if the image can't be used
     */
    public List<Detection> detect(PlannedImage image) throws IOException {
        return passes.detect(passes.alone(image)).get(0);
    }

    /**
     * Measures, as {@link #outputs} does, what padding an image to a larger canvas would change at
     * the places that it has on its own canvas. A batch would pad so if its largest image set the
     * size.
     *
     * @param image the image
     * @param canvas at least as large as the image's own in both directions
     * @return the deviation
     * @throws IOException if the image can't be used
     */
    public double padding(PlannedImage image, ImageSize canvas) throws IOException {
        return new PaddingEffect(passes).measure(image, canvas);
    }
}
