package dev.fern.detection.model;

import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.device.Candidates;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.image.PixelBuffers;
import dev.fern.detection.loss.HeadOutput;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What is done to an image before the network, and to its outputs after it. Thread-safe. */
final class ImagePipeline {

    private final DetectorConfiguration configuration;
    private final ImageTransform transform;
    private final AnchorGenerator anchorGenerator;
    private final PostProcessor postProcessor;

    ImagePipeline(DetectorConfiguration configuration) {
        this.configuration = configuration;
        this.transform = new ImageTransform(configuration.normalization());
        this.anchorGenerator = new AnchorGenerator(configuration.architecture().anchors());
        this.postProcessor = new PostProcessor(configuration.postProcessing());
    }

    Canvas canvas(BgrImage image) {
        return configuration.canvas().canvas(image.width(), image.height());
    }

    /**
     * Writes an image onto its canvas and calls a function with it.
     *
     * @param canvas of the image
     * @param use takes [3, H, W], normalised; it must not keep the buffer, which is used again
     * @return what the function returns
     */
    <T> T withPixels(BgrImage image, Canvas canvas, Function<FloatBuffer, T> use) {
        ByteBuffer data = PixelBuffers.take(bytes(canvas));
        try {
            FloatBuffer pixels = data.asFloatBuffer();
            write(image, canvas, pixels, 0);
            return use.apply(pixels);
        } finally {
            PixelBuffers.giveBack(data);
        }
    }

    /** Checks that a batch is of one size and has all of its pixels. */
    static void requireFit(FloatBuffer pixels, List<Canvas> canvases) {
        if (canvases.stream().map(Canvas::size).distinct().count() > 1) {
            throw new IllegalArgumentException("the canvases of a batch differ in size");
        }
        long expected = canvases.stream().mapToLong(ImageTransform::length).sum();
        if (pixels.remaining() != expected) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d canvases have %d values, not %d",
                            canvases.size(), expected, pixels.remaining()));
        }
    }

    /** {@return the bytes of an image on its canvas, [3, H, W]} */
    int bytes(Canvas canvas) {
        return Math.multiplyExact(ImageTransform.length(canvas), Float.BYTES);
    }

    /**
     * Writes an image onto its canvas, normalised.
     *
     * @param pixels [N, 3, H, W]
     * @param n index of the image in the batch
     */
    void write(BgrImage image, Canvas canvas, FloatBuffer pixels, int n) {
        transform.write(image, canvas, pixels, n * ImageTransform.length(canvas));
    }

    Anchors anchors(Canvas canvas) {
        return anchorGenerator.generate(canvas.size().height(), canvas.size().width());
    }

    /**
     * {@return the detections of each image of a batch}
     *
     * @param outputs one per level
     * @param canvases one per image, all of one size
     * @throws NonFiniteOutputException if the outputs are not finite
     */
    List<List<Detection>> detections(List<HeadOutput> outputs, List<Canvas> canvases) {
        Anchors anchors = anchors(canvases.get(0));
        List<List<Detection>> detections = new ArrayList<>(canvases.size());
        for (int n = 0; n < canvases.size(); n++) {
            for (HeadOutput output : outputs) {
                NonFiniteOutputException.requireFinite(output.logits(), canvases.size(), n);
                NonFiniteOutputException.requireFinite(output.codes(), canvases.size(), n);
            }
            detections.add(
                    postProcessor.process(
                            configuration.categories(), outputs, anchors, n, canvases.get(n)));
        }
        return detections;
    }

    /**
     * {@return the detections of each image of a batch}
     *
     * @param candidates of the batch
     * @param canvases one per image, all of one size
     * @throws NonFiniteOutputException if the outputs were not finite
     */
    List<List<Detection>> detections(Candidates candidates, List<Canvas> canvases) {
        List<List<Detection>> detections = new ArrayList<>(canvases.size());
        for (int n = 0; n < canvases.size(); n++) {
            if (!candidates.isFinite(n)) {
                throw NonFiniteOutputException.of(n);
            }
            detections.add(
                    postProcessor.process(
                            configuration.categories(), candidates, n, canvases.get(n)));
        }
        return detections;
    }
}
