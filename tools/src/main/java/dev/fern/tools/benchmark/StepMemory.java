package dev.fern.tools.benchmark;

import dev.fern.detection.image.ImageSize;
import dev.fern.detection.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that a training step takes. */
public final class StepMemory {

    private StepMemory() {}

    /**
     * Runs steps on made-up images in a process of their own, and returns the most memory that it
     * held, in MiB.
     *
     * @param canvas of all images; its sides are multiples of 32
     * @throws IOException if the process fails, as for want of memory
     */
    public static double peakMebibytes(
            TrainingConfiguration configuration, int batchSize, ImageSize canvas, int categories)
            throws IOException, InterruptedException {
        Path settings = Files.createTempFile("fern-batch-size-", ".json");
        try {
            Files.writeString(settings, configuration.toJson());
            return FreshProcess.run(
                            "benchmark",
                            "train",
                            "--config=" + settings,
                            "--batch-size=" + batchSize,
                            "--image-size=" + canvas,
                            "--min-size=" + Math.min(canvas.width(), canvas.height()),
                            "--max-size=" + Math.max(canvas.width(), canvas.height()),
                            "--categories=" + categories,
                            "--warm-up=1",
                            "--repeats=1")
                    .peakMemoryMib()
                    .orElseThrow(() -> new IOException("the system does not tell its memory"));
        } finally {
            Files.delete(settings);
        }
    }
}
