package dev.fern.detection.pretrain;

import ai.djl.Device;
import ai.djl.nn.Block;
import dev.fern.backbone.classification.ClassificationLoss;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.train.BatchLoss;
import dev.fern.detection.train.GradientLanes;
import dev.fern.detection.train.SgdOptimizer;
import dev.fern.detection.train.TrainingTask;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The training of a classifier. Batches are split among threads or devices where no norm mixes
 * images.
 */
public final class ClassificationTask implements TrainingTask<Batch>, AutoCloseable {

    /** The name of the loss. */
    public static final String CROSS_ENTROPY = "cross-entropy";

    private final Classifier classifier;
    private final ClassificationDataset dataset;
    private final Validation validation;
    private final LoaderOptions loading;
    private final int batchSize;
    private final BatchSampler sampler;
    private final SgdOptimizer optimizer;
    private final GradientLanes<ClassificationStep> lanes;
    private final BatchDecoder decoder;

    /** Scores the classifier during training. */
    @FunctionalInterface
    public interface Validation {
        /**
         * Evaluates the classifier as it is.
         *
         * @param classifier the one that is trained; the validation must not change it
         * @return the scores, of which {@link ClassificationScores#top1} decides which model is the
         *     best
         * @throws IOException if an image can't be used
         * @throws InterruptedException if the thread is interrupted, as by a request to stop the
         *     training
         */
        ClassificationScores evaluate(Classifier classifier)
                throws IOException, InterruptedException;
    }

    /**
     * Prepares a training.
     *
     * @param configuration its settings
     * @param classifier made by these settings; its parameters are trained, and the caller closes
     *     it after this task
     * @param dataset the training images, with the classifier's labels
     * @param validation scores the classifier after epochs
     * @param loading how images are read ahead, and whether those that can't be used are skipped
     */
    public ClassificationTask(
            PretrainingConfiguration configuration,
            Classifier classifier,
            ClassificationDataset dataset,
            Validation validation,
            LoaderOptions loading) {
        this(
                configuration,
                classifier,
                dataset,
                validation,
                loading,
                lanes(configuration, classifier));
    }

    /**
     * Prepares a training whose threads compute gradients on given devices.
     *
     * @param lanes where each thread computes, at least one: the classifier's device first, which
     *     is that of the calling thread
     */
    ClassificationTask(
            PretrainingConfiguration configuration,
            Classifier classifier,
            ClassificationDataset dataset,
            Validation validation,
            LoaderOptions loading,
            List<Device> lanes) {
        this.classifier = classifier;
        this.dataset = dataset;
        this.validation = validation;
        this.loading = loading;
        batchSize = configuration.loop().batchSize();
        long seed = configuration.seed();
        RandomResizedCrop crop = configuration.crop();
        sampler =
                new BatchSampler(
                        dataset.samples(),
                        batchSize,
                        (sample, epoch) -> crop.draw(sample.size(), seed, epoch, sample.imageId()),
                        seed);
        optimizer =
                SgdOptimizer.of(
                        configuration.optimization(), configuration.loop(), classifier.network());
        decoder =
                new BatchDecoder(
                        dataset.reader(),
                        new ImageTransform(classifier.configuration().normalization(), true));
        this.lanes =
                new GradientLanes<>(
                        classifier.network(),
                        classifier.manager(),
                        classifier.parameterStore(),
                        optimizer,
                        lanes,
                        (parameters, manager) ->
                                new ClassificationStep(
                                        classifier, configuration.loss(), parameters, manager));
    }

    private static List<Device> lanes(
            PretrainingConfiguration configuration, Classifier classifier) {
        return GradientLanes.lanes(
                configuration.deviceList(),
                classifier.network(),
                configuration.backbone().norm().isBatchIndependent(),
                classifier.manager(),
                configuration.loop().batchSize());
    }

    @Override
    public Block network() {
        return classifier.network();
    }

    @Override
    public SgdOptimizer optimizer() {
        return optimizer;
    }

    @Override
    public int images() {
        return dataset.samples().size();
    }

    @Override
    public int batches(int epoch) {
        return (images() + batchSize - 1) / batchSize; // all canvases are of one size
    }

    @Override
    public BatchSource<Batch> load(int epoch, int firstBatch) {
        return new BatchLoader<>(
                sampler.epoch(epoch), firstBatch, decoder, UnaryOperator.identity(), loading);
    }

    @Override
    public List<BatchLoss> accumulate(Batch batch) {
        try (batch) {
            List<Long> ids = batch.items().stream().map(Batch.Item::imageId).toList();
            int[] labels = ids.stream().mapToInt(dataset::label).toArray();
            FloatBuffer pixels = batch.pixels();
            int imageSize = pixels.remaining() / labels.length;
            return lanes
                    .accumulate(
                            labels.length,
                            (step, first, end) ->
                                    step.run(
                                            pixels.slice(
                                                    first * imageSize, (end - first) * imageSize),
                                            Arrays.copyOfRange(labels, first, end)),
                            loss -> Double.isFinite(loss.value()))
                    .stream()
                    .map(part -> loss(part, ids))
                    .toList();
        }
    }

    private static BatchLoss loss(GradientLanes.Part<ClassificationLoss> part, List<Long> ids) {
        return new BatchLoss(
                ids.subList(part.first(), part.end()).stream().map(String::valueOf).toList(),
                Map.of(CROSS_ENTROPY, part.loss().value()),
                Map.of());
    }

    @Override
    public Map<String, Double> evaluate() throws IOException, InterruptedException {
        return validation.evaluate(classifier).numbers();
    }

    @Override
    public String score() {
        return ClassificationScores.TOP1;
    }

    @Override
    public void writeModel(Path folder, Map<String, Tensor> parameters) throws IOException {
        ClassifierDirectory.writeInto(folder, classifier.configuration(), parameters);
    }

    @Override
    public void checkModel(Path folder) throws IOException {
        ClassifierConfiguration model = ClassifierDirectory.readConfiguration(folder);
        if (!model.classes().equals(classifier.configuration().classes())) {
            throw new IOException(
                    folder + ": was trained on other classes; resume with the same data");
        }
    }

    /** Ends the threads that compute gradients; the classifier stays open. */
    @Override
    public void close() {
        lanes.close();
    }
}
