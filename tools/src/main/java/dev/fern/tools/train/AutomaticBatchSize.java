package dev.fern.tools.train;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.FernProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Finds the largest batch size, a power of two, whose training step fits into memory. It runs steps
 * with 1, 2, 4, ... images of the largest canvas in processes of their own and measures their peak
 * memory, until the next step is not expected to fit: each doubling is taken to add twice as much
 * memory as the one before.
 */
final class AutomaticBatchSize {

    /**
     * The part of the available memory that a step may take; the rest is for images and
     * annotations.
     */
    private static final double USABLE = 0.8;

    /** The largest batch size that is tried; larger ones are no faster on a CPU. */
    private static final int LARGEST = 64;

    /** Measures the peak memory of a training step. */
    @FunctionalInterface
    interface Measurement {
        /**
         * Returns the peak in MiB.
         *
         * @throws IOException if the step failed, such as for lack of memory
         */
        double mebibytes(int batchSize) throws IOException, InterruptedException;
    }

    private AutomaticBatchSize() {}

    /**
     * Finds the batch size of a training.
     *
     * @param told receives a line about every size that is tried
     * @throws BadInputException if the system does not report its memory, or if there is too little
     *     for one image
     */
    static int of(
            TrainingConfiguration configuration, DetectionDataset images, Consumer<String> told)
            throws InterruptedException, BadInputException {
        OptionalDouble available = AvailableMemory.mebibytes();
        if (available.isEmpty()) {
            throw new BadInputException(
                    "--batch-size auto works only on Linux, which reports the available memory;"
                            + " give a number");
        }
        ImageSize canvas = largestCanvas(configuration, images);
        int categories = Math.max(1, images.categories().size());
        return largest(
                Math.min(LARGEST, images.samples().size()),
                USABLE * available.getAsDouble(),
                size -> peakMebibytes(configuration, size, canvas, categories),
                told);
    }

    /**
     * Runs steps on made-up images in a process of their own and returns its peak memory in MiB.
     *
     * @param canvas of all images; its sides are multiples of 32
     * @throws IOException if the process fails, such as for lack of memory
     */
    private static double peakMebibytes(
            TrainingConfiguration configuration, int batchSize, ImageSize canvas, int categories)
            throws IOException, InterruptedException {
        Path settings = Files.createTempFile("fern-batch-size-", ".json");
        try {
            AtomicFile.write(settings, configuration.toJson().getBytes(StandardCharsets.UTF_8));
            return FernProcess.measure(
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
                    .orElseThrow(
                            () ->
                                    new IOException(
                                            "the system does not report the memory of a process"));
        } finally {
            Files.delete(settings);
        }
    }

    /**
     * Returns the largest canvas of the first epoch, which stands for all epochs where canvases are
     * drawn at random.
     */
    private static ImageSize largestCanvas(
            TrainingConfiguration configuration, DetectionDataset images) {
        return new BatchSampler(
                        images,
                        1,
                        configuration.images().canvasRule(),
                        configuration.augmentation(),
                        configuration.seed())
                .epoch(0).batches().stream()
                        .map(BatchPlan.PlannedBatch::canvasSize)
                        .max(Comparator.comparingLong(size -> (long) size.width() * size.height()))
                        .orElseThrow();
    }

    /**
     * Finds the largest size that fits.
     *
     * @param most largest size that is of use
     * @param budget memory that a step may take, in MiB
     * @param measurement runs a step
     * @param told receives a line about every size that is tried
     * @throws BadInputException if a step with one image fails or does not fit
     */
    static int largest(int most, double budget, Measurement measurement, Consumer<String> told)
            throws InterruptedException, BadInputException {
        int fits = 0;
        double before = 0;
        double expected = 0;
        String problem = "does not fit into memory";
        for (int size = 1; size <= most && expected <= budget; size *= 2) {
            double peak;
            try {
                peak = measurement.mebibytes(size);
            } catch (IOException e) {
                problem = "fails (" + e.getMessage() + ")";
                told.accept(
                        String.format("batch size %d: the step failed: %s", size, e.getMessage()));
                break;
            }
            told.accept(
                    String.format(
                            "batch size %d: a step takes %.0f of %.0f MiB", size, peak, budget));
            if (peak > budget) {
                break;
            }
            fits = size;
            expected = size == 1 ? peak : peak + 2 * Math.max(0, peak - before);
            before = peak;
        }
        if (fits == 0) {
            throw new BadInputException(
                    "--batch-size auto: a step with a single image "
                            + problem
                            + "; if memory is short, use a smaller --max-size, --width or"
                            + " --backbone");
        }
        return fits;
    }
}
