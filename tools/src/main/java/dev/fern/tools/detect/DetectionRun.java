package dev.fern.tools.detect;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.Tiling;
import dev.fern.detection.video.FrameSource;
import dev.fern.detection.video.VideoException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.InputImages.InputFile;
import dev.fern.tools.input.ModelOptions;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs a detector over images and videos and hands on what it finds. */
final class DetectionRun implements Closeable {

    /** How the detector is used, and what of its findings is kept. */
    record Rules(
            Detector detector, Optional<Tiling> tiling, CategoryFilter filter, int mostDetections) {

        List<Detection> detect(BgrImage image) {
            return kept(
                    tiling.isPresent()
                            ? tiling.get().detect(detector, image)
                            : detector.detect(image));
        }

        List<Detection> kept(List<Detection> found) {
            return filter.apply(found, mostDetections);
        }
    }

    private final Rules rules;
    private final ImageReader reader;
    private final LinePrinter lines;
    private final Drawings drawings;
    private final List<DetectionSink> sinks;
    private final AtomicBoolean stopped;
    private final List<IOException> leftOut = new ArrayList<>();
    private long images;
    private long objects;
    private long onceRead;
    private boolean isFinished;

    /**
     * Makes a run.
     *
     * @param drawings null if nothing is to be drawn
     * @param sinks receive each image
     * @param stopped is asked after each image whether the run is to end
     */
    DetectionRun(
            Rules rules,
            ImageReader reader,
            LinePrinter lines,
            Drawings drawings,
            List<DetectionSink> sinks,
            AtomicBoolean stopped) {
        this.rules = rules;
        this.reader = reader;
        this.lines = lines;
        this.drawings = drawings;
        this.sinks = new ArrayList<>(sinks);
        if (drawings != null) {
            this.sinks.add(drawings);
        }
        this.stopped = stopped;
    }

    /**
     * Detects in image files.
     *
     * @param ids those of the annotations by the id of the sample; null to keep the samples' ids
     * @throws InterruptedIOException if the run is to end
     */
    void detect(
            Inputs inputs,
            DetectionDataset dataset,
            Map<Long, JsonElement> ids,
            ModelOptions options)
            throws IOException, InterruptedException {
        Map<Long, Sample> samples = new HashMap<>();
        dataset.samples().forEach(sample -> samples.put(sample.imageId(), sample));
        try (CountProgress progress = new CountProgress("detect", samples.size())) {
            DatasetDetection.Sink sink =
                    (imageId, found) -> {
                        Sample sample = samples.get(imageId);
                        InputFile file = inputs.images().get((int) (imageId - 1));
                        lines.print(file.path(), found);
                        hand(
                                new DetectedImage(
                                        ids == null ? new JsonPrimitive(imageId) : ids.get(imageId),
                                        file.name(),
                                        inputs.stem(file),
                                        0,
                                        sample.size(),
                                        found,
                                        () -> reader.read(file.path(), sample.size())));
                    };
            if (rules.tiling.isPresent()) {
                int done = 0;
                for (Sample sample : dataset.samples()) {
                    Optional<List<Detection>> found =
                            detectInTiles(sample, options.skipBadImages());
                    if (found.isPresent()) {
                        sink.accept(sample.imageId(), found.get());
                    }
                    progress.at(++done);
                }
            } else {
                DatasetDetection.forEach(
                        rules.detector,
                        dataset,
                        options.batchSize(),
                        options.loading(),
                        (imageId, found) -> sink.accept(imageId, rules.kept(found)),
                        progress::at,
                        leftOut::add);
            }
        }
    }

    private Optional<List<Detection>> detectInTiles(Sample sample, boolean skipBadImages)
            throws IOException {
        try (BgrImage image = reader.read(sample.path(), sample.size())) {
            return Optional.of(rules.detect(image));
        } catch (ImageReadException e) {
            if (!skipBadImages) {
                throw e;
            }
            leftOut.add(e);
            return Optional.empty();
        }
    }

    /**
     * Detects in an image that is read once.
     *
     * @param id of the image in results
     */
    void detect(Inputs inputs, InputFile file, BgrImage image, long id) throws IOException {
        List<Detection> found = rules.detect(image);
        lines.print(file.path(), found);
        hand(
                new DetectedImage(
                        new JsonPrimitive(id),
                        file.name(),
                        inputs.stem(file),
                        0,
                        new ImageSize(image.width(), image.height()),
                        found,
                        image::copy));
        onceRead++;
    }

    /**
     * Detects in a video, to its end or until it breaks.
     *
     * @param every detects in the first frame and in each of this distance from it, at least 1
     * @param firstId of its frames in results
     * @param output the drawn video; null if nothing is drawn
     * @throws VideoException if not even one frame can be read
     * @throws InterruptedIOException if the run is to end
     */
    void detect(
            Inputs inputs, InputFile file, FrameSource frames, int every, long firstId, Path output)
            throws IOException {
        if (drawings != null) {
            drawings.beginVideo(output, frames.framesPerSecond() / every);
        }
        String stem = inputs.stem(file);
        long frame = 0;
        int done = 0;
        int total = (int) Math.min(Integer.MAX_VALUE, (frames.frameCount() + every - 1) / every);
        try (CountProgress progress = new CountProgress("detect", total)) {
            while (frames.advance()) {
                frame++;
                if ((frame - 1) % every != 0) {
                    continue;
                }
                try (BgrImage image = frames.frame()) {
                    List<Detection> found = rules.detect(image);
                    lines.print(file.path() + "#" + frame, found);
                    hand(
                            new DetectedImage(
                                    new JsonPrimitive(firstId + done),
                                    file.name(),
                                    String.format("%s/%06d", stem, frame),
                                    frame,
                                    new ImageSize(image.width(), image.height()),
                                    found,
                                    image::copy));
                }
                onceRead++;
                progress.at(++done);
            }
        } catch (VideoException e) {
            if (done == 0) {
                throw e;
            }
            leftOut.add(new IOException(e.getMessage() + "; the frames before it were used", e));
        } finally {
            if (drawings != null) {
                drawings.endVideo();
            }
        }
    }

    private void hand(DetectedImage image) throws IOException {
        for (DetectionSink sink : sinks) {
            sink.accept(image);
        }
        images++;
        objects += image.detections().size();
        if (stopped.get()) {
            throw new InterruptedIOException("stopped after " + images + " images");
        }
    }

    /** Returns how many images that are no files, and frames of videos, were detected in. */
    long onceRead() {
        return onceRead;
    }

    /** Returns whether images were detected in, and nothing was found in any of them. */
    boolean foundNothing() {
        return images > 0 && objects == 0;
    }

    /** Returns how many images, and frames of videos, were detected in. */
    long images() {
        return images;
    }

    /** Returns how many inputs could not be used or not to their end. */
    int leftOut() {
        return leftOut.size();
    }

    /** Makes files that would have something about all images, even if there is none. */
    void finish() throws IOException {
        isFinished = true;
        for (DetectionSink sink : sinks) {
            sink.finish();
        }
    }

    /** Adds an input that can't be used. */
    void leaveOut(IOException problem) {
        leftOut.add(problem);
    }

    /** Tells of the images that were left out; returns how many. */
    int reportLeftOut() {
        leftOut.forEach(
                problem ->
                        Messages.errors()
                                .println("left out: " + VisibleText.of(problem.getMessage())));
        if (!leftOut.isEmpty()) {
            System.err.printf("%d images were left out%n", leftOut.size());
        }
        return leftOut.size();
    }

    /** Makes all that was written whole. */
    @Override
    public void close() throws IOException {
        if (!isFinished && images > 0) {
            System.err.printf("note: ended early; the results are those of %d images%n", images);
        }
        IOException first = null;
        for (DetectionSink sink : sinks) {
            try {
                sink.close();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
