package dev.fern.tools.benchmark;

import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.Collections;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Detection in random images: forward pass and post-processing. */
final class DetectionWorkload extends DetectorWorkload {

    private final Detector detector;
    private final int concurrency;
    private final ExecutorService callers;

    /**
     * Makes a detector.
     *
     * @param concurrency how many threads detect in the batch at the same time
     */
    DetectionWorkload(
            TrainingConfiguration configuration, ImageSize image, int categories, int concurrency) {
        super(configuration, image, new SplittableRandom(configuration.seed()));
        this.concurrency = concurrency;
        callers = Executors.newFixedThreadPool(concurrency);
        detector =
                Detector.createForInference(
                        configuration.detector(categories(categories)),
                        configuration.machine().engine(),
                        configuration.deviceList().get(0),
                        configuration.seed());
        detector.setPrecision(configuration.machine().precision());
    }

    @Override
    void run() {
        CompletableFuture.allOf(
                        IntStream.range(0, concurrency)
                                .mapToObj(i -> CompletableFuture.runAsync(this::detect, callers))
                                .toArray(CompletableFuture[]::new))
                .join();
    }

    private void detect() {
        detector.detect(pixels, Collections.nCopies(batchSize, canvas));
    }

    @Override
    public void close() {
        callers.shutdown();
        detector.close();
    }
}
