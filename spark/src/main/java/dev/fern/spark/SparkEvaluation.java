package dev.fern.spark;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Evaluates a detector on annotated images. The executors detect; the driver gathers what they find
 * and computes COCO's numbers, which are those of one machine to the last bit. So all detections
 * must find room in the driver: about 60 bytes each, 700 MB for the 118,000 images of COCO's
 * training set with 100 detections each.
 */
public final class SparkEvaluation {

    private SparkEvaluation() {}

    /**
     * How a detector is evaluated.
     *
     * @param parameters of the evaluation
     * @param skipBadImages whether images that can't be used are left out rather than refused
     * @param partitions how many parts the images are divided in, at least 1; 0 to leave it to Fern
     */
    public record Options(EvaluationParameters parameters, boolean skipBadImages, int partitions) {

        /** {@return COCO's parameters; every image must be usable} */
        public static Options defaults() {
            return new Options(EvaluationParameters.defaults(), false, 0);
        }
    }

    /**
     * Detects in every image and evaluates on those images that can be used.
     *
     * @param detection the detector
     * @param coco the annotations
     * @param folder of the images, a path or a URI of any of Hadoop's file systems, which every
     *     executor can read
     * @param match of the detector's categories with the annotations'; empty if all categories
     *     count as one
     * @param options how it is done
     * @param progress is told now and then how many images are done
     * @param leftOut receives a line about each image that can't be used, perhaps none
     * @param found receives the detections, in the order of the annotations' images, before they
     *     are evaluated
     * @return the detections with their evaluation
     * @throws IOException if an image can't be used and is not to be skipped, or if no image is
     *     left
     */
    public static DetectorEvaluation of(
            SparkDetection detection,
            CocoDataset coco,
            String folder,
            Optional<CategoryMatch> match,
            Options options,
            IntConsumer progress,
            Consumer<List<String>> leftOut,
            DetectorEvaluation.Sink found)
            throws IOException {
        HadoopFiles files = new HadoopFiles(detection.spark().sparkContext().hadoopConfiguration());
        ImageTable images = ImageTable.annotated(coco, folder, files);
        List<Long> used = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        CocoResults.Builder results = CocoResults.builder(coco);
        try (DetectionJob job =
                new DetectionJob(detection, images, DetectionJob.Ids.NONE, options.partitions)) {
            job.run(progress);
            job.forEach(
                    (image, detections, error) -> {
                        if (error.isPresent()) {
                            bad.add(error.get() + " (image id " + coco.idText(image.id()) + ")");
                        } else {
                            used.add(image.id());
                            add(results, image.id(), detections, match);
                        }
                    });
        }
        if (!bad.isEmpty() && (used.isEmpty() || !options.skipBadImages)) {
            throw new IOException(
                    bad.get(0)
                            + (bad.size() == 1
                                    ? ""
                                    : " (and " + (bad.size() - 1) + " more images can't be read)"));
        }
        if (used.isEmpty()) {
            throw new IOException("the annotations have no image");
        }
        leftOut.accept(bad);
        CocoResults all = results.build();
        found.accept(all);
        return DetectorEvaluation.onUsed(coco, all, used, options.parameters);
    }

    private static void add(
            CocoResults.Builder results,
            long imageId,
            List<Detection> detections,
            Optional<CategoryMatch> match) {
        for (Detection detection : detections) {
            OptionalLong category =
                    match.isPresent()
                            ? match.get().idInData(detection.category())
                            : OptionalLong.of(detection.categoryId());
            if (category.isPresent()) {
                results.add(imageId, category.getAsLong(), detection.box(), detection.score());
            }
        }
    }
}
