package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.nn.Block;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.BatchSource;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.ShardedBatches;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.worker.Shard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The training of a detector. Targets are matched to anchors on the loader's threads, and gradients
 * are computed by several threads or devices where that pays.
 */
public final class DetectionTask
        implements TrainingTask<DetectionTask.MatchedBatch>, AutoCloseable {

    /** The name of the focal loss. */
    public static final String CLASSIFICATION = StepNumbers.CLASSIFICATION;

    /** The name of the box loss. */
    public static final String REGRESSION = StepNumbers.REGRESSION;

    /** The name under which positive anchors are counted. */
    public static final String POSITIVES = "positives";

    private final TrainingConfiguration configuration;
    private final Detector detector;
    private final DetectionDataset dataset;
    private final Optional<Validation> validation;
    private final LoaderOptions loading;
    private final BatchSampler sampler;

    /** How many batches every epoch has; empty where canvases are drawn anew in each epoch. */
    private final OptionalInt fixedBatches;

    /** Empty where gradients and steps are computed through the host. */
    private final Optional<DeviceTraining> device;

    /** Null where the training stays on the device, as {@code lanes} is. */
    private final SgdOptimizer optimizer;

    private final GradientLanes<GradientStep> lanes;
    private final Matcher matcher;
    private final BatchDecoder decoder;
    private final Optional<ImageAugmentation> augmentation;
    private final Shard shard;

    /** Scores the detector during training. */
    @FunctionalInterface
    public interface Validation {
        /**
         * Evaluates the detector as it is.
         *
         * @param detector the one that is trained; the validation must not change it
         * @return numbers by name, finite; "AP" decides which model is the best
         * @throws IOException if an image can't be used or a result can't be written
         * @throws InterruptedException if the thread is interrupted, as by a request to stop the
         *     training
         */
        Map<String, Double> evaluate(Detector detector) throws IOException, InterruptedException;
    }

    /**
     * A batch with what its anchors should predict.
     *
     * @param batch the images; closed once their gradients are computed
     * @param anchors of the batch's canvas
     * @param targets one per image
     */
    public record MatchedBatch(Batch batch, Anchors anchors, List<AnchorTargets> targets) {

        private List<String> images() {
            return batch.items().stream().map(item -> String.valueOf(item.imageId())).toList();
        }
    }

    /**
     * Prepares a training.
     *
     * @param configuration its settings
     * @param detector made by these settings; its parameters are trained, and the caller closes it
     *     after this task
     * @param dataset the training images
     * @param validation scores the detector after epochs
     * @param loading how images are read ahead, and whether those that can't be used are skipped
     */
    public DetectionTask(
            TrainingConfiguration configuration,
            Detector detector,
            DetectionDataset dataset,
            Validation validation,
            LoaderOptions loading) {
        this(
                configuration,
                detector,
                dataset,
                Optional.of(validation),
                loading,
                Optional.empty(),
                Shard.WHOLE);
    }

    /**
     * Prepares a training without validation: no model is the best.
     *
     * @param configuration its settings
     * @param detector made by these settings; its parameters are trained, and the caller closes it
     *     after this task
     * @param dataset the training images
     * @param loading how images are read ahead, and whether those that can't be used are skipped
     */
    public DetectionTask(
            TrainingConfiguration configuration,
            Detector detector,
            DetectionDataset dataset,
            LoaderOptions loading) {
        this(
                configuration,
                detector,
                dataset,
                Optional.empty(),
                loading,
                Optional.empty(),
                Shard.WHOLE);
    }

    /**
     * Prepares a training.
     *
     * @param configuration its settings
     * @param detector made by these settings; its parameters are trained, and the caller closes it
     *     after this task
     * @param dataset the training images
     * @param validation scores the detector after epochs; empty if no model is to be the best
     * @param loading how images are read ahead, and whether those that can't be used are skipped
     * @param augmentation changes images before the augmentation of the settings does
     * @param shard the part of every batch that this process computes
     */
    public DetectionTask(
            TrainingConfiguration configuration,
            Detector detector,
            DetectionDataset dataset,
            Optional<Validation> validation,
            LoaderOptions loading,
            Optional<ImageAugmentation> augmentation,
            Shard shard) {
        this.shard = shard;
        this.augmentation = augmentation;
        this.configuration = configuration;
        this.detector = detector;
        this.dataset = dataset;
        this.validation = validation;
        this.loading = loading;
        this.sampler =
                new BatchSampler(
                        dataset,
                        configuration.loop().batchSize(),
                        configuration.images().canvasRule(),
                        configuration.augmentation(),
                        configuration.seed());
        this.fixedBatches =
                configuration.augmentation().drawsCanvas()
                        ? OptionalInt.empty()
                        : OptionalInt.of(sampler.epoch(0).batches().size());
        this.matcher = configuration.matcher();
        this.decoder = new BatchDecoder(dataset.reader(), detector.configuration().normalization());
        int largest = shard.largest(configuration.loop().batchSize());
        this.device = onDevice(configuration, detector, largest);
        this.optimizer =
                device.isPresent()
                        ? null
                        : SgdOptimizer.of(
                                configuration.optimization(),
                                configuration.loop(),
                                detector.network());
        this.lanes =
                device.isPresent()
                        ? null
                        : GradientStep.lanes(configuration, detector, optimizer, largest);
    }

    /**
     * {@return the steps of a training that stays on its devices; empty if its engine can't} The
     * caller closes them before the detector.
     *
     * @param configuration settings of the training
     * @param detector made by these settings
     * @param largest number of images of the largest batch; no more devices are used
     */
    public static Optional<DeviceTraining> onDevice(
            TrainingConfiguration configuration, Detector detector, int largest) {
        if (!DeviceTraining.supports(detector.manager())) {
            return Optional.empty();
        }
        List<Device> devices = configuration.deviceList();
        int used = Math.min(devices.size(), largest);
        Optimization descent = configuration.optimization();
        return Optional.of(
                new DeviceTraining(
                        detector.network(),
                        detector.parameterStore(),
                        detector.manager(),
                        devices.subList(0, used),
                        detector.precision(),
                        configuration.loss().retinaNetLoss(),
                        new DeviceTraining.Descent(
                                descent.momentum(),
                                descent.weightDecay(),
                                descent.normWeightDecay(),
                                descent.largestNorm())));
    }

    @Override
    public Block network() {
        return detector.network();
    }

    @Override
    public SgdOptimizer optimizer() {
        if (optimizer == null) {
            throw new IllegalStateException("the training stays on the device");
        }
        return optimizer;
    }

    @Override
    public Optional<DeviceTraining> onDevice() {
        return device;
    }

    @Override
    public boolean isBatchIndependent() {
        return detector.configuration().architecture().isBatchIndependent();
    }

    @Override
    public int images() {
        return dataset.samples().size();
    }

    @Override
    public int batches(int epoch) {
        return fixedBatches.orElseGet(() -> sampler.epoch(epoch).batches().size());
    }

    @Override
    public BatchSource<MatchedBatch> load(int epoch, int firstBatch) throws IOException {
        BatchPlan plan = detector.configuration().checked(sampler.epoch(epoch));
        if (shard.equals(Shard.WHOLE)) {
            return loader(plan, epoch, firstBatch);
        }
        Canvas any = plan.batches().get(0).images().get(0).augmentation().canvas();
        return new ShardedBatches<>(
                plan,
                firstBatch,
                shard,
                new MatchedBatch(Batch.NONE, detector.anchors(any), List.of()),
                (own, first) -> loader(own, epoch, first));
    }

    private BatchSource<MatchedBatch> loader(BatchPlan plan, int epoch, int firstBatch) {
        return new BatchLoader<>(
                plan,
                firstBatch,
                augmentation
                        .map(
                                own ->
                                        decoder.augmenting(
                                                own,
                                                dataset.categories().size(),
                                                configuration.seed(),
                                                epoch))
                        .orElse(decoder),
                this::match,
                loading);
    }

    private MatchedBatch match(Batch batch) {
        Anchors anchors = detector.anchors(batch.items().get(0).canvas());
        List<AnchorTargets> targets =
                batch.items().stream()
                        .map(i -> AnchorTargets.assign(matcher, anchors, i.boxes(), i.labels()))
                        .toList();
        return new MatchedBatch(batch, anchors, targets);
    }

    @Override
    public List<BatchLoss> accumulate(MatchedBatch matched) {
        if (matched.targets.isEmpty()) {
            return List.of();
        }
        try (Batch batch = matched.batch) {
            if (device.isPresent()) {
                return List.of(accumulateOnDevice(batch, matched));
            }
            return GradientStep.accumulate(
                            lanes,
                            batch.pixels(),
                            batch.canvasSize().height(),
                            batch.canvasSize().width(),
                            matched.anchors,
                            matched.targets)
                    .stream()
                    .map(part -> loss(part, matched.images()))
                    .toList();
        }
    }

    private BatchLoss accumulateOnDevice(Batch batch, MatchedBatch matched) {
        device.orElseThrow()
                .accumulate(
                        batch.pixels(),
                        batch.canvasSize().height(),
                        batch.canvasSize().width(),
                        matched.anchors,
                        matched.targets);
        long positives =
                matched.targets.stream().mapToLong(target -> target.positives().length).sum();
        return new BatchLoss(matched.images(), Map.of(), Map.of(POSITIVES, positives));
    }

    private static BatchLoss loss(GradientLanes.Part<DetectionLoss> part, List<String> images) {
        Map<String, Double> losses = new LinkedHashMap<>();
        losses.put(CLASSIFICATION, part.loss().classification());
        losses.put(REGRESSION, part.loss().regression());
        return new BatchLoss(
                images.subList(part.first(), part.end()),
                losses,
                Map.of(POSITIVES, (long) part.loss().positives()));
    }

    @Override
    public Map<String, Double> evaluate() throws IOException, InterruptedException {
        return validation.orElseThrow().evaluate(detector);
    }

    @Override
    public boolean isEvaluated() {
        return validation.isPresent();
    }

    @Override
    public String score() {
        return "AP";
    }

    @Override
    public void writeModel(Path folder, Map<String, Tensor> parameters) throws IOException {
        ModelDirectory.writeInto(folder, detector.configuration(), parameters);
    }

    @Override
    public void checkModel(Path folder) throws IOException {
        if (!ModelDirectory.readConfiguration(folder)
                .categories()
                .equals(detector.configuration().categories())) {
            throw new IOException(
                    folder + ": was trained on other categories; resume with the same data");
        }
    }

    /** Ends the threads that compute gradients; the detector stays open. */
    @Override
    public void close() {
        device.ifPresentOrElse(DeviceTraining::close, () -> lanes.close());
    }
}
