package dev.fern.detection.model;

import dev.fern.cocoeval.CocoResults;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.Canvas;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;

/** Runs a detector over a data set. */
public final class DatasetDetection {

    private DatasetDetection() {}

    /** Receives what a detector finds in each image. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Receives the detections of an image.
         *
         * @param imageId the image's id in the data set
         * @param detections by falling score, in pixels of the image
         * @throws IOException if they can't be kept
         */
        void accept(long imageId, List<Detection> detections) throws IOException;
    }

    /**
     * Finds the objects of every image.
     *
     * @param detector finds them; it stays open
     * @param dataset the images; their targets are not used
     * @param batchSize how many images of one canvas size pass the network together, at least 1
     * @param options how images are read ahead, and whether those that can't be used are skipped
     * @param progress is told after every batch how many images are done
     * @param leftOut is told at the end of every image that was skipped
     * @return detections with the ids of the detector's categories, batch by batch
     * @throws IOException if an image can't be used and is not to be skipped, or if a batch is too
     *     large for the network
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws NonFiniteOutputException naming the image's file if the network's outputs are not
     *     finite, whether bad images are skipped or not
     */
    public static CocoResults run(
            Detector detector,
            DetectionDataset dataset,
            int batchSize,
            LoaderOptions options,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        CocoResults.Builder results = dataset.newResults();
        forEach(
                detector,
                dataset,
                batchSize,
                options,
                (imageId, found) ->
                        add(
                                detection -> OptionalLong.of(detection.categoryId()),
                                imageId,
                                found,
                                results),
                progress,
                leftOut);
        return results.build();
    }

    /**
     * Finds the objects of every image, under the ids that their categories have in a data set.
     *
     * @param detector finds them; it stays open
     * @param dataset the images; their targets are not used
     * @param match of the detector's categories; detections of those without a match are left out
     * @param batchSize how many images of one canvas size pass the network together, at least 1
     * @param options how images are read ahead, and whether those that can't be used are skipped
     * @param progress is told after every batch how many images are done
     * @param leftOut is told at the end of every image that was skipped
     * @return detections with the ids of the data set's categories, batch by batch
     * @throws IOException if an image can't be used and is not to be skipped, or if a batch is too
     *     large for the network
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws NonFiniteOutputException naming the image's file if the network's outputs are not
     *     finite, whether bad images are skipped or not
     */
    public static CocoResults run(
            Detector detector,
            DetectionDataset dataset,
            CategoryMatch match,
            int batchSize,
            LoaderOptions options,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        CocoResults.Builder results = dataset.newResults();
        forEach(
                detector,
                dataset,
                batchSize,
                options,
                (imageId, found) ->
                        add(
                                detection -> match.idInData(detection.category()),
                                imageId,
                                found,
                                results),
                progress,
                leftOut);
        return results.build();
    }

    /**
     * Finds the objects of every image and hands them over image by image.
     *
     * @param detector finds them; it stays open
     * @param dataset the images; their targets are not used
     * @param batchSize how many images of one canvas size pass the network together, at least 1
     * @param options how images are read ahead, and whether those that can't be used are skipped
     * @param found receives the detections of every image that can be used, batch by batch
     * @param progress is told after every batch how many images are done
     * @param leftOut is told at the end of every image that was skipped
     * @throws IOException if an image can't be used and is not to be skipped, if a batch is too
     *     large for the network, or if the detections can't be kept
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws NonFiniteOutputException naming the image's file if the network's outputs are not
     *     finite, whether bad images are skipped or not
     */
    public static void forEach(
            Detector detector,
            DetectionDataset dataset,
            int batchSize,
            LoaderOptions options,
            Sink found,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        forEachBatch(
                detector.configuration(),
                dataset,
                batchSize,
                options,
                batch -> {
                    List<Canvas> canvases = batch.items().stream().map(Batch.Item::canvas).toList();
                    List<List<Detection>> detections = detector.detect(batch.pixels(), canvases);
                    for (int n = 0; n < detections.size(); n++) {
                        found.accept(batch.items().get(n).imageId(), detections.get(n));
                    }
                },
                progress,
                leftOut);
    }

    /** Receives the images of a data set. */
    @FunctionalInterface
    public interface BatchSink {
        /**
         * Receives images of one canvas size.
         *
         * @param batch the images, to be used until this returns
         * @throws IOException if they can't be used
         * @throws NonFiniteOutputException if the network's outputs for one are not finite
         */
        void accept(Batch batch) throws IOException;
    }

    /**
     * Hands over every image of a data set as a network takes it.
     *
     * @param configuration how the images are laid on canvases and normalised
     * @param dataset the images; their targets are not used
     * @param batchSize how many images of one canvas size a batch has at most, at least 1
     * @param options how images are read ahead, and whether those that can't be used are skipped
     * @param sink receives all images that can be used, batch by batch
     * @param progress is told after every batch how many images are done
     * @param leftOut is told at the end of every image that was skipped
     * @throws IOException if an image can't be used and is not to be skipped, if a batch is too
     *     large for the network, or if the sink throws it
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws NonFiniteOutputException naming the image's file if the sink throws it
     */
    public static void forEachBatch(
            DetectorConfiguration configuration,
            DetectionDataset dataset,
            int batchSize,
            LoaderOptions options,
            BatchSink sink,
            IntConsumer progress,
            Consumer<BadImageException> leftOut)
            throws IOException, InterruptedException {
        int done = 0;
        BatchPlan plan =
                configuration.checked(
                        BatchSampler.sequential(dataset, batchSize, configuration.canvas()));
        try (BatchLoader<Batch> loader =
                new BatchLoader<>(
                        plan,
                        0,
                        new BatchDecoder(dataset.reader(), configuration.normalization()),
                        UnaryOperator.identity(),
                        options)) {
            for (Optional<Batch> next = loader.next(); next.isPresent(); next = loader.next()) {
                try (Batch batch = next.get()) {
                    try {
                        sink.accept(batch);
                    } catch (NonFiniteOutputException e) {
                        throw e.of(plan.name(batch.items().get(e.image()).imageId()));
                    }
                    done += batch.items().size();
                    progress.accept(done);
                }
            }
            loader.skipped().forEach(leftOut);
        }
    }

    /** Adds an image's detections, but for those of categories without an id. */
    private static void add(
            Function<Detection, OptionalLong> ids,
            long imageId,
            List<Detection> detections,
            CocoResults.Builder results) {
        for (Detection detection : detections) {
            OptionalLong id = ids.apply(detection);
            if (id.isEmpty()) {
                continue;
            }
            results.add(imageId, id.getAsLong(), detection.box(), detection.score());
        }
    }
}
