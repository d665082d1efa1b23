package dev.fern.detection.model;

import ai.djl.modality.cv.output.BoundingBox;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Rectangle;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Turns an image into the input of a {@link RetinaNet} that DJL runs, and its outputs into {@link
 * DetectedObjects} by falling score, with boxes as fractions of the image as it is shown. Every
 * image passes the network by itself, on its own canvas.
 *
 * @param <I> the form of the image
 * @param <O> the form of the detected objects
 */
final class DetectorTranslator<I, O> implements Translator<I, O> {

    private static final String CANVAS = "canvas";

    private final ImagePipeline pipeline;
    private final Form<I> form;
    private final Function<DetectedObjects, O> result;

    /**
     * Tells how to read an image.
     *
     * @param <I> its form
     */
    @FunctionalInterface
    interface Form<I> {
        /**
         * {@return the image}
         *
         * @throws TranslateException if there is none
         */
        DetectorInput input(I image) throws TranslateException;
    }

    /**
     * Makes a translator, which is thread-safe.
     *
     * @param result makes the result of the detected objects
     */
    DetectorTranslator(
            DetectorConfiguration configuration,
            Form<I> form,
            Function<DetectedObjects, O> result) {
        this.pipeline = new ImagePipeline(configuration);
        this.form = form;
        this.result = result;
    }

    @Override
    public Batchifier getBatchifier() {
        return null;
    }

    @Override
    public NDList processInput(TranslatorContext context, I image) throws TranslateException {
        try (BgrImage pixels = form.input(image).read(ImageReader.standard())) {
            NDManager manager = context.getNDManager();
            EngineBridge engine = EngineBridge.of(manager);
            engine.recordNothing();
            Canvas canvas = pipeline.canvas(pixels);
            context.setAttachment(CANVAS, canvas);
            Shape shape = new Shape(1, 3, canvas.size().height(), canvas.size().width());
            return pipeline.withPixels(
                    pixels, canvas, values -> new NDList(engine.create(manager, values, shape)));
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }

    @Override
    public O processOutput(TranslatorContext context, NDList outputs) {
        Canvas canvas = (Canvas) context.getAttachment(CANVAS);
        ImageSize size = canvas.image();
        List<String> names = new ArrayList<>();
        List<Double> scores = new ArrayList<>();
        List<BoundingBox> boxes = new ArrayList<>();
        for (Detection found :
                pipeline.detections(RetinaNet.read(outputs), List.of(canvas)).get(0)) {
            names.add(found.categoryName());
            scores.add((double) found.score());
            boxes.add(
                    new Rectangle(
                            found.box().x() / size.width(),
                            found.box().y() / size.height(),
                            found.box().width() / size.width(),
                            found.box().height() / size.height()));
        }
        return result.apply(new DetectedObjects(names, scores, boxes));
    }
}
