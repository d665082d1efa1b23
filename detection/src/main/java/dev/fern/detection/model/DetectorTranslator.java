package dev.fern.detection.model;

import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.BoundingBox;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Rectangle;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns an image into the input of a {@link RetinaNet} that DJL runs, and its outputs into {@link
 * DetectedObjects} by falling score, with boxes as fractions of the image. Every image passes the
 * network by itself, on its own canvas.
 */
final class DetectorTranslator implements Translator<Image, DetectedObjects> {

    private static final String CANVAS = "canvas";

    private final DetectorConfiguration configuration;
    private final ImagePipeline pipeline;

    DetectorTranslator(DetectorConfiguration configuration) {
        this.configuration = configuration;
        this.pipeline = new ImagePipeline(configuration);
    }

    @Override
    public Batchifier getBatchifier() {
        return null;
    }

    @Override
    public NDList processInput(TranslatorContext context, Image input) {
        NDManager manager = context.getNDManager();
        EngineBridge engine = EngineBridge.of(manager);
        engine.recordNothing();
        try (NDArray rgb = input.toNDArray(manager, Image.Flag.COLOR);
                BgrImage image =
                        BgrImage.of(
                                input.getWidth(), input.getHeight(), swapped(rgb.toByteArray()))) {
            Canvas canvas = pipeline.canvas(image);
            context.setAttachment(CANVAS, canvas);
            Shape shape = new Shape(1, 3, canvas.size().height(), canvas.size().width());
            return pipeline.withPixels(
                    image, canvas, pixels -> new NDList(engine.create(manager, pixels, shape)));
        }
    }

    /** Swaps red and blue in place: DJL's images are RGB, ours BGR. */
    private static byte[] swapped(byte[] pixels) {
        for (int i = 0; i < pixels.length; i += 3) {
            byte first = pixels[i];
            pixels[i] = pixels[i + 2];
            pixels[i + 2] = first;
        }
        return pixels;
    }

    @Override
    public DetectedObjects processOutput(TranslatorContext context, NDList outputs) {
        Canvas canvas = (Canvas) context.getAttachment(CANVAS);
        ImageSize size = canvas.image();
        List<String> names = new ArrayList<>();
        List<Double> scores = new ArrayList<>();
        List<BoundingBox> boxes = new ArrayList<>();
        for (Detection found :
                pipeline.detections(RetinaNet.read(outputs), List.of(canvas)).get(0)) {
            names.add(configuration.categories().get(found.category()).name());
            scores.add((double) found.score());
            boxes.add(
                    new Rectangle(
                            (double) found.x1() / size.width(),
                            (double) found.y1() / size.height(),
                            ((double) found.x2() - found.x1()) / size.width(),
                            ((double) found.y2() - found.y1()) / size.height()));
        }
        return new DetectedObjects(names, scores, boxes);
    }
}
