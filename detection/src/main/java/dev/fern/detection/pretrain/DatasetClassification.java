package dev.fern.detection.pretrain;

import dev.fern.backbone.classification.CrossEntropyLoss;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.model.NonFiniteOutputException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/** Runs a classifier over a data set. */
public final class DatasetClassification {

    private static final CrossEntropyLoss LOSS = new CrossEntropyLoss(0);

    private DatasetClassification() {}

    /**
     * Scores a classifier on the middle of every image.
     *
     * @param classifier is scored; it stays open
     * @param dataset the images, with the classifier's labels
     * @param batchSize how many images pass the network together, at least 1
     * @param options how images are read ahead, and whether those that can't be used are skipped
     * @param progress is told after every batch how many images are done
     * @param leftOut is told at the end of every image that was skipped
     * @return the scores over the images that can be used
     * @throws IOException if an image can't be used and is not to be skipped, or if none can be
     *     used
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws NonFiniteOutputException naming the image's file if the network's outputs are not
     *     finite, whether bad images are skipped or not
     */
    public static ClassificationScores run(
            Classifier classifier,
            ClassificationDataset dataset,
            int batchSize,
            LoaderOptions options,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        ClassifierConfiguration model = classifier.configuration();
        int classes = model.classes().size();
        ClassificationScores.Counter counter = new ClassificationScores.Counter(model.classes());
        int done = 0;
        BatchPlan plan =
                BatchSampler.sequential(
                        dataset.samples(),
                        batchSize,
                        size ->
                                RandomResizedCrop.centre(
                                        size,
                                        model.input().inputSize(),
                                        model.input().evaluationCrop()));
        try (BatchLoader<Batch> loader =
                new BatchLoader<>(
                        plan,
                        0,
                        new BatchDecoder(
                                dataset.reader(), new ImageTransform(model.normalization(), true)),
                        UnaryOperator.identity(),
                        options)) {
            for (Optional<Batch> next = loader.next(); next.isPresent(); next = loader.next()) {
                try (Batch batch = next.get()) {
                    int images = batch.items().size();
                    float[] logits;
                    try {
                        logits = classifier.logits(batch.pixels(), images);
                    } catch (NonFiniteOutputException e) {
                        throw e.of(plan.name(batch.items().get(e.image()).imageId()));
                    }
                    for (int n = 0; n < images; n++) {
                        int label = dataset.label(batch.items().get(n).imageId());
                        float[] own = Arrays.copyOfRange(logits, n * classes, (n + 1) * classes);
                        double loss = LOSS.compute(own, new int[] {label}).value();
                        counter.add(own, label, loss);
                    }
                    done += images;
                    progress.accept(done);
                }
            }
            loader.skipped().forEach(leftOut);
        }
        if (done == 0) {
            throw new IOException(dataset.root() + ": none of the validation images can be used");
        }
        return counter.scores();
    }
}
