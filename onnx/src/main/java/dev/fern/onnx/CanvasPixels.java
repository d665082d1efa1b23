package dev.fern.onnx;

import ai.djl.ndarray.types.Shape;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.model.DetectorConfiguration;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * An image as a model takes it.
 *
 * @param canvas where it lies
 * @param values [1, 3, H, W], normalised
 */
record CanvasPixels(Canvas canvas, FloatBuffer values) {

    /**
     * Resizes and normalises an image.
     *
     * @param size of the canvas; empty for the one that the detector's rule gives
     * @throws IllegalArgumentException if the image does not fit that size
     */
    static CanvasPixels of(
            BgrImage image, DetectorConfiguration configuration, Optional<ImageSize> size) {
        Canvas canvas = canvas(image, configuration, size);
        FloatBuffer pixels =
                ByteBuffer.allocateDirect(
                                Math.multiplyExact(ImageTransform.length(canvas), Float.BYTES))
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        new ImageTransform(configuration.normalization()).write(image, canvas, pixels, 0);
        return new CanvasPixels(canvas, pixels);
    }

    private static Canvas canvas(
            BgrImage image, DetectorConfiguration configuration, Optional<ImageSize> only) {
        Canvas own = configuration.canvas().canvas(image.width(), image.height());
        ImageSize size = only.orElse(own.size());
        if (own.resized().width() > size.width() || own.resized().height() > size.height()) {
            throw new IllegalArgumentException(
                    "the image takes "
                            + own.resized()
                            + " pixels of the canvas; the model's input has "
                            + size);
        }
        return new Canvas(own.image(), own.resized(), size);
    }

    Shape shape() {
        return new Shape(1, 3, canvas.size().height(), canvas.size().width());
    }
}
