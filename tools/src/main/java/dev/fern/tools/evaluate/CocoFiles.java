package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.IouType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * The content of an annotations file and of results files for it, to be evaluated.
 *
 * @param dataset the annotations
 * @param results the detections, in the order of the files
 */
public record CocoFiles(CocoDataset dataset, List<CocoResults> results) {

    private interface Reading<T> {
        T read() throws IOException;
    }

    /**
     * Reads all files as pycocotools does, in parallel where there are cores for it.
     *
     * @param type what to keep of annotations and detections beside boxes
     * @param annotations COCO instances file
     * @param detections COCO results files
     * @return what they hold
     * @throws IOException naming the first file, in the order given, that can't be read
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public static CocoFiles read(IouType type, Path annotations, Path... detections)
            throws IOException, InterruptedException {
        CompletableFuture<CocoDataset> dataset =
                start(() -> CocoDataset.readForEvaluation(annotations, type));
        List<CompletableFuture<CocoResults>> results =
                Stream.of(detections)
                        .map(file -> start(() -> CocoResults.read(file, type)))
                        .toList();
        CocoDataset readDataset = finish(dataset);
        CocoResults[] readResults = new CocoResults[detections.length];
        for (int i = 0; i < readResults.length; i++) {
            readResults[i] = finish(results.get(i));
        }
        return new CocoFiles(readDataset, List.of(readResults));
    }

    /**
     * Reads all files as far as their meaning is clear, where pycocotools refuses them too.
     *
     * @param type what to keep of annotations and detections beside boxes
     * @param annotations COCO instances file
     * @param detections COCO results files
     * @return what they hold
     * @throws IOException naming the first file, in the order given, that can't be read
     */
    public static CocoFiles readLeniently(IouType type, Path annotations, Path... detections)
            throws IOException {
        CocoDataset dataset = CocoDataset.readLeniently(annotations, type);
        List<CocoResults> results = new ArrayList<>();
        for (Path file : detections) {
            results.add(CocoResults.readLeniently(file, dataset));
        }
        return new CocoFiles(dataset, List.copyOf(results));
    }

    private static <T> CompletableFuture<T> start(Reading<T> reading) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return reading.read();
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                });
    }

    private static <T> T finish(CompletableFuture<T> future)
            throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException problem) {
                throw problem;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
