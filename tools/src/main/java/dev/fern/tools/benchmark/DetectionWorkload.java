package dev.fern.tools.benchmark;

import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.util.Collections;
import java.util.SplittableRandom;

/** Detection in random images: forward pass and post-processing. */
final class DetectionWorkload extends DetectorWorkload {

    private final Detector detector;

    DetectionWorkload(TrainingConfiguration configuration, ImageSize image, int categories) {
        super(configuration, image, new SplittableRandom(configuration.seed()));
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
        detector.detect(pixels, Collections.nCopies(batchSize, canvas));
    }

    @Override
    public void close() {
        detector.close();
    }
}
